# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What people and animals make but speech. Each function makes ``count`` samples at 16 kHz."""

import numpy as np

from ser_ros.nonspeech.synthesis import (
    band,
    between,
    coloured,
    events,
    fade,
    low_pass,
    oscillate,
    resonate,
    samples_of,
    swell,
    unit,
    wander,
)


def _throat(generator: np.random.Generator, samples: np.ndarray, size: float) -> np.ndarray:
    """Return a source as it leaves an open mouth; a ``size`` over 1 is a smaller one."""
    centres_hz = np.array((600, 1200, 2600, 3500)) * size * generator.uniform(0.85, 1.2, 4)
    return resonate(samples, centres_hz, (150, 200, 300, 400))


def cough(generator: np.random.Generator, count: int) -> np.ndarray:
    """An explosion of breath, a hiss, and sometimes a little voice at the end; in fits."""
    size = generator.uniform(0.8, 1.5)
    voiced = generator.choice([0.0, 0.0, 0.4])

    def one() -> np.ndarray:
        length = samples_of(generator.uniform(0.2, 0.5))
        source = coloured(generator, length, generator.uniform(0, 1)) * (
            fade(length, 0.04) + generator.uniform(0.05, 0.3) * swell(length, 0.05, 0.15))
        pitch_hz = between(generator, 90, 350) * (1 - 0.3 * np.linspace(0, 1, length))
        ending = oscillate(pitch_hz, 1 / np.arange(1, 15)) * swell(length, 0.15, 0.1)
        return _throat(generator, source + voiced * 0.3 * ending, size)
    return events(generator, count, one, between(generator, 0.3, 2.5), 0.6)


def sneeze(generator: np.random.Generator, count: int) -> np.ndarray:
    """Breath drawn in, then let out at once."""
    def one() -> np.ndarray:
        drawn, burst = samples_of(generator.uniform(0.2, 0.7)), samples_of(
            generator.uniform(0.15, 0.5))
        first = 0.1 * band(coloured(generator, drawn, 0), 800, 4000) * np.linspace(0, 1, drawn)
        second = coloured(generator, burst, -0.5) * fade(burst, 0.08)
        return np.concatenate([first, unit(_throat(generator, second, 1.3)) * fade(burst, 0.1)])
    return events(generator, count, one, between(generator, 1.5, 5), 0.4)


def breathing(generator: np.random.Generator, count: int) -> np.ndarray:
    """In and out, calmly or out of breath; or snoring."""
    flutter_hz = generator.choice([0.0, 0.0, generator.uniform(20, 70)])
    interval_s = between(generator, 0.6, 4)

    def one() -> np.ndarray:
        length = samples_of(0.8 * interval_s)
        source = band(coloured(generator, length, 0.5), 300, between(generator, 1500, 6000))
        source *= swell(length, 0.3 * interval_s, 0.3 * interval_s)
        if flutter_hz:
            source *= oscillate(np.full(length, flutter_hz), [1, 0.5, 0.5]).clip(0, None)
        return _throat(generator, source, generator.uniform(0.7, 1.4)) * between(
            generator, 0.4, 1)
    return events(generator, count, one, interval_s, 0.2)


def clapping(generator: np.random.Generator, count: int) -> np.ndarray:
    """One pair of hands, or applause."""
    hands = int(generator.choice([1, 1, 5, 15]))

    def one() -> np.ndarray:
        length = samples_of(generator.uniform(0.01, 0.06))
        clap = band(coloured(generator, length, 0), between(generator, 300, 1200),
                    between(generator, 1800, 6000))
        return between(generator, 0.3, 1) * clap * fade(length, length / 64000)
    return events(generator, count, one, between(generator, 0.2, 0.7) / hands,
                  0.1 if hands == 1 else 0.9)


def snapping(generator: np.random.Generator, count: int) -> np.ndarray:
    """Fingers, tongue clicks, lips that smack."""
    centre_hz = between(generator, 700, 4000)

    def one() -> np.ndarray:
        length = samples_of(generator.uniform(0.01, 0.08))
        source = coloured(generator, length, 0) * fade(length, 0.004)
        return resonate(source, (centre_hz, 2.1 * centre_hz), (100, 300))
    return events(generator, count, one, between(generator, 0.15, 1.5), 0.5)


def laughter(generator: np.random.Generator, count: int) -> np.ndarray:
    """Ha-ha-ha: bursts of breath and voice, falling, in bouts."""
    size, base_hz = generator.uniform(0.85, 1.3), between(generator, 110, 450)
    rate_s, voiced = generator.uniform(0.15, 0.28), generator.uniform(0, 1)

    def bout() -> np.ndarray:
        parts = []
        for index in range(int(generator.integers(3, 9))):
            length = samples_of(rate_s)
            pitch_hz = base_hz * 0.95 ** index * (1 + 0.2 * np.sin(
                np.pi * np.linspace(0, 1, length)))
            voice = oscillate(pitch_hz, 1 / np.arange(1, 20)) * swell(length, 0.04, 0.09)
            breath = coloured(generator, length, 0.3) * swell(length, 0.02, 0.12)
            parts.append((voiced * unit(voice) + (1.1 - voiced) * unit(breath)) * 0.9 ** index)
        return _throat(generator, np.concatenate(parts), size)
    return events(generator, count, bout, between(generator, 1.2, 3), 0.3)


def birds(generator: np.random.Generator, count: int) -> np.ndarray:
    """Chirps and trills."""
    base_hz, rate_hz = between(generator, 1200, 5000), between(generator, 5, 40)

    def chirp() -> np.ndarray:
        length = samples_of(between(generator, 0.03, 0.6))
        bend = wander(generator, length, rate_hz)
        return oscillate(base_hz * 2 ** (0.5 * bend), [1, 0.1]) * swell(length, 0.01, 0.02)
    return events(generator, count, chirp, between(generator, 0.1, 1.0), 0.7)


def barking(generator: np.random.Generator, count: int) -> np.ndarray:
    """A dog: short, hoarse, falling, alone or in a row."""
    base_hz, size = between(generator, 150, 700), generator.uniform(0.7, 1.6)

    def bark() -> np.ndarray:
        length = samples_of(generator.uniform(0.08, 0.3))
        pitch_hz = base_hz * (0.7 + 0.6 * np.sin(np.pi * np.linspace(0, 1, length) ** 0.6))
        pitch_hz *= 1 + 0.05 * wander(generator, length, 80)
        source = oscillate(pitch_hz, 1 / np.arange(1, 16) ** 0.7)
        source += generator.uniform(0.3, 1.5) * coloured(generator, length, 0.5)
        return _throat(generator, source * swell(length, 0.01, 0.1), size)
    return events(generator, count, bark, between(generator, 0.25, 1.5), 0.5)


def meowing(generator: np.random.Generator, count: int) -> np.ndarray:
    """A cat, a gull or a lamb: a cry that rises, falls and changes its vowel."""
    base_hz = between(generator, 350, 900)

    def cry() -> np.ndarray:
        length = samples_of(generator.uniform(0.3, 1.2))
        arch = np.sin(np.pi * np.linspace(0, 1, length))
        tremble = 1 + generator.uniform(0, 0.06) * wander(generator, length, 25)
        source = oscillate(base_hz * (0.8 + 0.4 * arch) * tremble, 1 / np.arange(1, 12))
        share = np.linspace(0, 1, length)
        mouth = (1 - share) * resonate(source, (500, 2600), (150, 300)) + share * resonate(
            source, (1200, 2000), (200, 300))
        return mouth * swell(length, 0.08, 0.15)
    return events(generator, count, cry, between(generator, 0.8, 3), 0.4)


def insects(generator: np.random.Generator, count: int) -> np.ndarray:
    """Crickets that chirp, a fly that buzzes."""
    if generator.integers(2):
        pitch_hz = between(generator, 100, 600) * (
            1 + 0.15 * wander(generator, count, between(generator, 1, 8)))
        loud = (1.05 + wander(generator, count, 1.5)) ** 2
        return loud * oscillate(pitch_hz, 1 / np.arange(1, 16) ** 0.6)
    length, tone_hz = samples_of(between(generator, 0.01, 0.06)), between(generator, 2500, 6500)

    def chirp() -> np.ndarray:
        return oscillate(np.full(length, tone_hz), [1.0]) * swell(length, 0.005, 0.005)
    return events(generator, count, chirp, between(generator, 0.02, 0.2), 0.1)


def footsteps(generator: np.random.Generator, count: int) -> np.ndarray:
    """Heel and sole on wood, stone or gravel."""
    rough, high_hz = generator.uniform(0, 1), between(generator, 300, 4000)

    def step() -> np.ndarray:
        length = samples_of(generator.uniform(0.1, 0.25))
        thump = oscillate(between(generator, 60, 150) * np.ones(length), [1.0]) * fade(
            length, 0.02)
        scrape = low_pass(coloured(generator, length, 0.5), high_hz) * fade(length, 0.05)
        return (thump + rough * scrape) * between(generator, 0.5, 1)
    return events(generator, count, step, between(generator, 0.25, 0.9), 0.1)


KINDS = (cough, sneeze, breathing, clapping, snapping, laughter, birds, barking, meowing, insects,
         footsteps)
