# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rooms: impulse responses that are made up, and what they make of speech."""

import numpy as np
from scipy import signal

from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.degrade.level import keep_level

FIRST_REFLECTION_S = 0.002
MIXING_S = 0.05  # from then on reflections are too dense to be told apart
LEAST_DENSITY = 0.01  # of reflections, at first, as a share of the samples
DYNAMIC_DB = 70.0
ABSORPTION = 0.3  # coefficient of the low-pass that walls are


def impulse_response(rt60_s: float, direct_to_reverberant_db: float,
                     generator: np.random.Generator) -> np.ndarray:
    """Return the impulse response of a room, float64 (n,); its first sample is the direct sound, 1.

    Reflections of random times and signs: their density grows with the square of time, as it
    does in any room (Kuttruff, Room Acoustics), until they are Gaussian noise; their energy falls
    exponentially (Polack's model).

    Args:
        rt60_s: time until the reverberation has fallen by 60 dB.
        direct_to_reverberant_db: energy of the direct sound re that of all reflections.
    """
    size = max(2, round(DYNAMIC_DB / 60 * rt60_s * SAMPLE_RATE_HZ))
    time_s = np.arange(size) / SAMPLE_RATE_HZ
    density = np.clip((time_s / MIXING_S) ** 2, LEAST_DENSITY, 1)
    present = generator.random(size) < density
    reflections = present * generator.standard_normal(size) / np.sqrt(density)
    reflections *= 10 ** (-3 * time_s / rt60_s) * (time_s >= FIRST_REFLECTION_S)
    reflections = signal.lfilter([1 - ABSORPTION], [1, -ABSORPTION], reflections)
    energy = np.sum(reflections ** 2)
    if energy > 0:
        reflections *= np.sqrt(10 ** (-direct_to_reverberant_db / 10) / energy)
    reflections[0] = 1.0
    return reflections


def reverberate(samples: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Return the speech as it sounds in a room, at the level that it had without."""
    return keep_level(signal.fftconvolve(samples, response)[:len(samples)], samples)
