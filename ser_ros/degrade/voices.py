# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Talkers made by code: syllables of no language, to make babble of."""

import numpy as np

from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.nonspeech.synthesis import band, resonate, samples_of, unit

PITCH_HZ = (85.0, 260.0)
SYLLABLE_S = (0.1, 0.32)
PAUSE_SHARE = 0.15
FRICATIVE_SHARE = 0.2
FORMANTS_HZ = ((250.0, 850.0), (800.0, 2400.0), (2200.0, 3200.0))
BANDWIDTHS_HZ = (80.0, 120.0, 200.0)
FRICATIVE_HZ = (3000.0, 7800.0)


def murmur(generator: np.random.Generator, count: int) -> np.ndarray:
    """Return one talker: vowels of a pulse train through formants, fricatives of noise, pauses.

    Returns:
        float64 (count,).
    """
    talker = np.zeros(count)
    pitch_hz = generator.uniform(*PITCH_HZ)
    start = 0
    while start < count:
        length = min(samples_of(generator.uniform(*SYLLABLE_S)), count - start)
        draw = generator.random()
        if draw >= PAUSE_SHARE:
            fricative = draw < PAUSE_SHARE + FRICATIVE_SHARE
            syllable = _fricative(generator, length) if fricative else _vowel(
                generator, length, pitch_hz * np.exp2(generator.normal(0, 0.2)))
            talker[start:start + length] = syllable * np.hanning(length)
        start += length
    return talker


def _vowel(generator: np.random.Generator, count: int, pitch_hz: float) -> np.ndarray:
    glide = np.linspace(1, generator.uniform(0.85, 1.15), count)
    phase = np.cumsum(pitch_hz * glide) / SAMPLE_RATE_HZ
    pulses = np.diff(np.floor(phase), prepend=-1.0)
    formants_hz = [generator.uniform(*limits) for limits in FORMANTS_HZ]
    return unit(resonate(pulses, formants_hz, BANDWIDTHS_HZ))


def _fricative(generator: np.random.Generator, count: int) -> np.ndarray:
    return 0.3 * unit(band(generator.standard_normal(count), *FRICATIVE_HZ))
