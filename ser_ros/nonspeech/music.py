# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Music. Each function makes ``count`` samples at 16 kHz, at any level."""

from collections.abc import Iterator

import numpy as np
from scipy import signal

from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.nonspeech.synthesis import (
    NYQUIST_HZ,
    band,
    between,
    coloured,
    events,
    fade,
    low_pass,
    oscillate,
    partials,
    resonate,
    samples_of,
    swell,
    time_s,
    unit,
    wander,
)

# In semitones over the root.
CHORDS = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 3, 7, 10), (0, 5, 7), (0, 3, 6), (0, 4, 8))
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9), (0, 3, 5, 6, 7, 10))
# First three formants of sung vowels [Hz].
VOWELS_HZ = ((800, 1150, 2900), (350, 2000, 2800), (270, 2300, 3000), (450, 800, 2830),
             (325, 700, 2700))


def _note_hz(root_hz: float, semitones: float) -> float:
    return root_hz * 2 ** (semitones / 12)


def _melody(generator: np.random.Generator, root_hz: float) -> Iterator[float]:
    """Yield the pitches of a melody for ever."""
    scale = SCALES[generator.integers(len(SCALES))]
    step = 0
    while True:
        step = int(np.clip(step + generator.integers(-3, 4), -7, 9))
        octave, degree = divmod(step, len(scale))
        yield _note_hz(root_hz, scale[degree] + 12 * octave)


def chords(generator: np.random.Generator, count: int) -> np.ndarray:
    """An organ, an accordion or a pad: chords that are held."""
    root_hz, colour = between(generator, 60, 350), partials(
        generator, int(generator.integers(2, 14)), generator.uniform(0.5, 2))
    length = samples_of(between(generator, 0.3, 3))
    envelope = swell(length, between(generator, 0.005, 0.3), between(generator, 0.02, 0.4))
    tremolo = 1 + generator.uniform(0, 0.5) * np.sin(
        2 * np.pi * generator.uniform(3, 8) * time_s(length))

    def chord() -> np.ndarray:
        base_hz = _note_hz(root_hz, float(generator.integers(-5, 8)))
        return envelope * tremolo * sum(
            oscillate(np.full(length, _note_hz(base_hz, semitones)), colour,
                      generator.uniform(0, 6.28, len(colour)))
            for semitones in CHORDS[generator.integers(len(CHORDS))])
    return events(generator, count, chord, length / SAMPLE_RATE_HZ)


def solo(generator: np.random.Generator, count: int) -> np.ndarray:
    """A melody on a flute, clarinet, violin or trumpet, with vibrato and slides."""
    melody = _melody(generator, between(generator, 130, 900))
    interval_s = between(generator, 0.12, 1.0)
    colour = partials(generator, int(generator.integers(3, 20)), generator.uniform(0.6, 2))
    colour[1::2] *= generator.uniform(0, 1)
    vibrato_hz, depth = generator.uniform(4, 7.5), generator.uniform(0, 0.03)
    centres_hz = [between(generator, 400, 4000) for _ in range(2)]
    breath = between(generator, 0.001, 0.2)

    def note() -> np.ndarray:
        length = samples_of(interval_s * generator.uniform(0.6, 1.1))
        times_s = time_s(length)
        slide = 1 - generator.uniform(0, 0.06) * np.exp(-times_s / 0.03)
        pitch_hz = next(melody) * slide * (
            1 + depth * np.clip(times_s / 0.3, 0, 1) * np.sin(2 * np.pi * vibrato_hz * times_s))
        tone = oscillate(pitch_hz, colour) + breath * coloured(generator, length, 0.5)
        body = unit(resonate(tone, centres_hz, (200, 400))) + unit(tone)
        return body * swell(length, between(generator, 0.01, 0.1), 0.05)
    return events(generator, count, note, interval_s, generator.choice([0.0, 0.4]))


def _pluck(generator: np.random.Generator, pitch_hz: float, duration_s: float,
           damping: float) -> np.ndarray:
    """Return a plucked string (Karplus and Strong 1983)."""
    period = max(2, round(SAMPLE_RATE_HZ / pitch_hz))
    burst = np.zeros(samples_of(duration_s))
    burst[:period] = generator.uniform(-1, 1, min(period, len(burst)))
    feedback = np.zeros(period + 2)
    feedback[0], feedback[period], feedback[period + 1] = 1, -damping / 2, -damping / 2
    return signal.lfilter([1], feedback, burst)


def plucked(generator: np.random.Generator, count: int) -> np.ndarray:
    """A guitar, harp or banjo."""
    melody = _melody(generator, between(generator, 80, 500))
    damping = generator.uniform(0.97, 0.999)

    def note() -> np.ndarray:
        return between(generator, 0.3, 1) * _pluck(
            generator, next(melody), between(generator, 0.3, 2), damping)
    return events(generator, count, note, between(generator, 0.08, 0.8), 0.2)


def struck(generator: np.random.Generator, count: int) -> np.ndarray:
    """A piano, marimba, bells or a music box: partials that are stretched and die away."""
    melody = _melody(generator, between(generator, 100, 1200))
    stretch, slope = generator.choice([0.0, 0.0005, 0.01, 0.2]), generator.uniform(0.5, 2)
    constant_s = between(generator, 0.1, 1.5)

    def note() -> np.ndarray:
        length = samples_of(3 * constant_s)
        pitch_hz, result = next(melody), np.zeros(length)
        for index in range(1, 9):
            partial_hz = pitch_hz * index * np.sqrt(1 + stretch * index ** 2)
            if partial_hz < NYQUIST_HZ:
                result += fade(length, constant_s / index ** 0.7) / index ** slope * np.sin(
                    2 * np.pi * partial_hz * time_s(length))
        return result
    return events(generator, count, note, between(generator, 0.1, 1.0), 0.1)


def drums(generator: np.random.Generator, count: int) -> np.ndarray:
    """Bass drum, snare, toms and cymbals in a beat."""
    def hit() -> np.ndarray:
        length = samples_of(between(generator, 0.05, 0.4))
        drum, envelope = generator.integers(4), fade(length, length / SAMPLE_RATE_HZ / 4)
        low_hz = between(generator, 45, 250)
        skin = oscillate(low_hz * (1 + 2 * fade(length, 0.02)), [1.0])
        rattle = coloured(generator, length, -0.3)
        return envelope * (skin, rattle, 0.6 * skin + 0.6 * rattle,
                           band(rattle, 4000, 7800))[drum] * between(generator, 0.3, 1)
    return events(generator, count, hit, between(generator, 0.1, 0.5),
                  generator.choice([0.0, 0.0, 0.5]))


def synthesizer(generator: np.random.Generator, count: int) -> np.ndarray:
    """Sawtooth or square arpeggios through a filter that sweeps."""
    root_hz, length = between(generator, 50, 400), samples_of(between(generator, 0.08, 0.4))
    shape = signal.sawtooth if generator.integers(2) else signal.square
    chord = CHORDS[generator.integers(len(CHORDS))]
    envelope = swell(length, 0.005, 0.04)

    def note() -> np.ndarray:
        pitch_hz = _note_hz(root_hz, chord[generator.integers(len(chord))]
                            + 12 * generator.integers(2))
        tone = shape(2 * np.pi * pitch_hz * time_s(length))
        return envelope * low_pass(tone, between(generator, 300, 6000))
    return events(generator, count, note, length / SAMPLE_RATE_HZ)


def band_music(generator: np.random.Generator, count: int) -> np.ndarray:
    """Several of these at a time."""
    result = np.zeros(count)
    order = generator.permutation(len(_INSTRUMENTS))
    for index in order[:generator.integers(2, 5)]:
        result += between(generator, 0.3, 1) * unit(_INSTRUMENTS[index](generator, count))
    return result


def whistling(generator: np.random.Generator, count: int) -> np.ndarray:
    """Somebody whistles a tune."""
    melody = _melody(generator, between(generator, 500, 1600))
    interval_s, vibrato_hz = between(generator, 0.12, 0.7), generator.uniform(4, 7)

    def note() -> np.ndarray:
        length = samples_of(interval_s * generator.uniform(0.7, 1.3))
        times_s = time_s(length)
        pitch_hz = next(melody) * (
            1 + generator.uniform(0, 0.02) * np.sin(2 * np.pi * vibrato_hz * times_s)
            + generator.uniform(-0.1, 0.1) * np.exp(-times_s / 0.04))
        breath = band(coloured(generator, length, 0), 700, 5000) * between(generator, 0.01, 0.2)
        return (oscillate(pitch_hz, [1, 0.03]) + breath) * swell(length, 0.03, 0.05)
    return events(generator, count, note, interval_s, 0.3)


def sung_vowels(generator: np.random.Generator, count: int) -> np.ndarray:
    """A choir or a lone singer without words: pulses of a voice through the formants of vowels."""
    voices, root_hz = int(generator.choice([1, 1, 4])), between(generator, 100, 500)
    interval_s = between(generator, 0.4, 2.5)
    colour = 1 / np.arange(1, 30)
    melodies = [_melody(generator, root_hz * generator.choice([1, 1.5, 2])) for _ in range(voices)]

    def note() -> np.ndarray:
        length = samples_of(interval_s * generator.uniform(0.8, 1.05))
        times_s = time_s(length)
        vowel = np.array(VOWELS_HZ[generator.integers(len(VOWELS_HZ))]) * generator.uniform(
            0.9, 1.2)
        result = np.zeros(length)
        for melody in melodies:
            pitch_hz = next(melody) * (1 + 0.015 * np.sin(
                2 * np.pi * generator.uniform(4.5, 6.5) * times_s + generator.uniform(0, 6))
                + 0.005 * wander(generator, length, 8))
            result += resonate(oscillate(pitch_hz, colour), vowel, (80, 110, 150))
        return result * swell(length, 0.08, 0.12)
    return events(generator, count, note, interval_s)


_INSTRUMENTS = (chords, solo, plucked, struck, drums, synthesizer)
KINDS = (*_INSTRUMENTS, band_music, whistling, sung_vowels)
