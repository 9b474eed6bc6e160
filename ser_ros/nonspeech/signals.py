# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tones, sweeps and alarms. Each function makes ``count`` samples at 16 kHz, at any level."""

import numpy as np
from scipy import signal

from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.nonspeech.synthesis import (
    between,
    events,
    fade,
    oscillate,
    partials,
    samples_of,
    swell,
    time_s,
)

DTMF_LOW_HZ = (697, 770, 852, 941)
DTMF_HIGH_HZ = (1209, 1336, 1477, 1633)
# Dialling, ringing and busy: frequencies [Hz], seconds on and off.
CALL_PROGRESS: tuple[tuple[tuple[float, ...], float, float], ...] = (
    ((350.0, 440.0), 9.0, 0.0), ((440.0, 480.0), 2.0, 4.0), ((480.0, 620.0), 0.5, 0.5),
    ((425.0,), 1.0, 4.0), ((425.0,), 0.24, 0.24), ((400.0, 450.0), 0.4, 0.2))


def tone(generator: np.random.Generator, count: int) -> np.ndarray:
    """A steady tone, from a sine to one rich in partials."""
    pitch_hz = np.full(count, between(generator, 50, 6000))
    return oscillate(pitch_hz, partials(generator, int(generator.choice([1, 1, 3, 10])), 1.0))


def wave(generator: np.random.Generator, count: int) -> np.ndarray:
    """Square, triangle, sawtooth or pulses, some trembling."""
    phase = 2 * np.pi * np.cumsum(between(generator, 60, 2000) * (
        1 + generator.uniform(0, 0.1) * np.sin(
            2 * np.pi * generator.uniform(0.5, 12) * time_s(count)))) / SAMPLE_RATE_HZ
    shape = generator.integers(3)
    if shape == 0:
        return signal.square(phase, generator.uniform(0.05, 0.5))
    return signal.sawtooth(phase, 0.5 if shape == 1 else 1.0)


def sweep(generator: np.random.Generator, count: int) -> np.ndarray:
    """Up or down, once or again and again."""
    length = samples_of(between(generator, 0.1, 10.0))
    low_hz, high_hz = sorted(between(generator, 50, 7500) for _ in range(2))
    chirp = signal.chirp(time_s(length), low_hz, length / SAMPLE_RATE_HZ, high_hz,
                         method=str(generator.choice(['linear', 'logarithmic'])))
    if generator.integers(2):
        chirp = chirp[::-1]
    return np.tile(chirp, -(-count // length))[:count]


def beeps(generator: np.random.Generator, count: int) -> np.ndarray:
    """A microwave oven, a lorry in reverse, a monitor at a bed."""
    pitch_hz, length = between(generator, 300, 4000), samples_of(between(generator, 0.03, 0.7))
    colour = partials(generator, int(generator.integers(1, 6)), 1.0)
    envelope = swell(length, between(generator, 0.002, 0.03), between(generator, 0.002, 0.05))

    def beep() -> np.ndarray:
        return envelope * oscillate(np.full(length, pitch_hz), colour)
    return events(generator, count, beep, length / SAMPLE_RATE_HZ * generator.uniform(1.2, 4))


def siren(generator: np.random.Generator, count: int) -> np.ndarray:
    """Wail, yelp or two tones of a fire engine, an alarm or a burglar alarm."""
    base_hz, ratio = between(generator, 350, 2000), generator.uniform(1.15, 2.5)
    cycles = between(generator, 0.2, 8) * time_s(count)
    curve = (np.sin(2 * np.pi * cycles) / 2 + 0.5, cycles % 1, (cycles % 1 < 0.5).astype(float),
             1 - cycles % 1)[generator.integers(4)]
    return oscillate(base_hz * ratio ** curve, partials(
        generator, int(generator.integers(1, 9)), generator.uniform(0.5, 1.5)))


def dialling(generator: np.random.Generator, count: int) -> np.ndarray:
    """Keys of a telephone (DTMF)."""
    length = samples_of(between(generator, 0.05, 0.4))

    def key() -> np.ndarray:
        return swell(length, 0.003, 0.003) * sum(
            np.sin(2 * np.pi * generator.choice(row) * time_s(length))
            for row in (DTMF_LOW_HZ, DTMF_HIGH_HZ))
    return events(generator, count, key, length / SAMPLE_RATE_HZ * generator.uniform(1.3, 4), 0.3)


def telephone(generator: np.random.Generator, count: int) -> np.ndarray:
    """Call progress tones, or a bell that rings."""
    tones_hz, on_s, off_s = CALL_PROGRESS[generator.integers(len(CALL_PROGRESS))]
    length = samples_of(on_s)
    flutter = 1.0
    if generator.integers(2):
        tones_hz = tuple(between(generator, 600, 3000) for _ in range(3))
        flutter = signal.square(2 * np.pi * generator.uniform(12, 28) * time_s(length)) / 2 + 0.5

    def ring() -> np.ndarray:
        return swell(length, 0.01, 0.01) * flutter * sum(
            np.sin(2 * np.pi * tone_hz * time_s(length)) for tone_hz in tones_hz)
    return events(generator, count, ring, on_s + off_s)


def bleeps(generator: np.random.Generator, count: int) -> np.ndarray:
    """A toy robot or an arcade game: short tones that glide."""
    def bleep() -> np.ndarray:
        length = samples_of(between(generator, 0.04, 0.4))
        start_hz, end_hz = between(generator, 200, 4000), between(generator, 200, 4000)
        glide_hz = start_hz * (end_hz / start_hz) ** np.linspace(0, 1, length)
        return oscillate(glide_hz, [1, generator.uniform(0, 0.6)]) * swell(length, 0.01, 0.02)
    return events(generator, count, bleep, between(generator, 0.06, 0.6), 0.5)


def doorbell(generator: np.random.Generator, count: int) -> np.ndarray:
    """Ding-dong, a gong or an announcement's chime."""
    high_hz, constant_s = between(generator, 350, 1200), between(generator, 0.2, 1.2)
    steps = generator.choice([(0, -4, -99), (0, -4, -7), (0, 5, 9)])

    def stroke(semitones: float) -> np.ndarray:
        length = samples_of(3 * constant_s)
        pitch_hz = high_hz * 2 ** (semitones / 12)
        return fade(length, constant_s) * sum(
            amplitude * np.sin(2 * np.pi * multiple * pitch_hz * time_s(length))
            for multiple, amplitude in ((1, 1.0), (2.76, 0.3), (5.4, 0.1))
            if multiple * pitch_hz < SAMPLE_RATE_HZ / 2)

    def chime() -> np.ndarray:
        gap = samples_of(between(generator, 0.25, 0.7))
        result = np.zeros(3 * gap + samples_of(3 * constant_s))
        for index, semitones in enumerate(steps):
            if semitones > -99:
                sound = stroke(semitones)
                result[index * gap:index * gap + len(sound)] += sound
        return result
    return events(generator, count, chime, between(generator, 1.5, 5))


KINDS = (tone, wave, sweep, beeps, siren, dialling, telephone, bleeps, doorbell)
