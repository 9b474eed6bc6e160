# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Silence and noise. Each function makes ``count`` samples at 16 kHz, at any level."""

import numpy as np

from ser_ros.nonspeech.synthesis import (
    band,
    between,
    coloured,
    events,
    fade,
    low_pass,
    oscillate,
    samples_of,
    time_s,
    unit,
    wander,
)


def silence(generator: np.random.Generator, count: int) -> np.ndarray:
    """Nothing at all, or the last bit of a converter."""
    last_bit = np.round(generator.standard_normal(count) * 0.4) / 32768
    return last_bit * generator.integers(2)


def steady_noise(generator: np.random.Generator, count: int) -> np.ndarray:
    """From violet to brown."""
    return coloured(generator, count, generator.uniform(-2, 2.5))


def band_noise(generator: np.random.Generator, count: int) -> np.ndarray:
    """White within a band of 1/6 to 4 octaves."""
    centre_hz, octaves = between(generator, 120, 5000), generator.uniform(0.2, 4)
    return band(coloured(generator, count, 0), centre_hz * 2 ** (-octaves / 2),
                centre_hz * 2 ** (octaves / 2), int(generator.integers(1, 5)))


def pulsing_noise(generator: np.random.Generator, count: int) -> np.ndarray:
    """Swelling regularly, also at the rate of syllables."""
    rate_hz = between(generator, 0.3, 15)
    wave = (1 + np.sin(2 * np.pi * rate_hz * time_s(count))) / 2
    envelope = wave ** generator.uniform(0.5, 6)
    return envelope * coloured(generator, count, generator.uniform(-1, 2))


def babbling_noise(generator: np.random.Generator, count: int) -> np.ndarray:
    """The spectrum and the loudness of speech, in noise: nothing is voiced."""
    shaped = low_pass(band(coloured(generator, count, 0.3), 150, 6000, 1),
                      between(generator, 500, 2000), 1)
    rate_hz = generator.uniform(2, 9)
    return shaped * np.maximum(wander(generator, count, rate_hz) + 0.3, 0) ** 1.5


def switching_noise(generator: np.random.Generator, count: int) -> np.ndarray:
    """On and off, each time of another colour."""
    def piece() -> np.ndarray:
        length = samples_of(between(generator, 0.05, 1.0))
        return coloured(generator, length, generator.uniform(-2, 2)) * between(generator, 0.2, 1)
    return events(generator, count, piece, between(generator, 0.15, 1.5), 0.7)


def crackle(generator: np.random.Generator, count: int) -> np.ndarray:
    """A worn record or a loose contact: impulses of all sizes over some hiss."""
    clicks = generator.random(count) < between(generator, 2, 400) / 16000
    sizes = generator.standard_cauchy(count).clip(-30, 30)
    shaped = low_pass(clicks * sizes, between(generator, 800, 7000), 1)
    return unit(shaped) + between(generator, 0.001, 0.5) * coloured(generator, count, 1)


def wind(generator: np.random.Generator, count: int) -> np.ndarray:
    """Gusts at the microphone, or howling around a corner."""
    gusts = (1.1 + wander(generator, count, between(generator, 0.3, 5))) ** 2
    rumble = gusts * low_pass(coloured(generator, count, 2), between(generator, 150, 1500))
    centre_hz = between(generator, 250, 900)
    howl = band(coloured(generator, count, 0), centre_hz, 1.15 * centre_hz) * gusts
    return unit(rumble) + generator.choice([0.0, 1.0]) * unit(howl)


def water(generator: np.random.Generator, count: int) -> np.ndarray:
    """Rain, a tap, or waves: drops that ring, over a hiss that swells."""
    def drop() -> np.ndarray:
        length = samples_of(between(generator, 0.005, 0.08))
        pitch_hz = between(generator, 400, 4000) * (
            1 + generator.uniform(0, 0.8) * np.linspace(0, 1, length))
        return between(generator, 0.1, 1) * fade(length, length / 64000) * oscillate(
            pitch_hz, [1.0])
    drops = events(generator, count, drop, between(generator, 0.005, 0.3), 0.9)
    swelling = 1 + generator.uniform(0, 1) * wander(generator, count, 0.5)
    return unit(drops) + generator.uniform(0, 2) * swelling * coloured(
        generator, count, generator.uniform(0, 1))


def radio_static(generator: np.random.Generator, count: int) -> np.ndarray:
    """Between two stations: hiss with whistles that glide."""
    pitch_hz = 2000 * (1 + 0.95 * wander(generator, count, between(generator, 0.3, 3)))
    whistle = oscillate(pitch_hz, [1.0]) * (wander(generator, count, 1) > 0)
    hiss = coloured(generator, count, 0.5) * (1.2 + wander(generator, count, 6))
    return hiss + generator.uniform(0, 1.5) * whistle


KINDS = (silence, steady_noise, band_noise, pulsing_noise, babbling_noise, switching_noise,
         crackle, wind, water, radio_static)
