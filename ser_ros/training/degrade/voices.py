# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Talkers made by code: syllables of no language, to make babble of."""

import numpy as np
from scipy import signal

from ser_ros.audio.format import SAMPLE_RATE_HZ

PITCH_HZ = (85.0, 260.0)
SYLLABLE_S = (0.1, 0.32)
PAUSE_SHARE = 0.15
FRICATIVE_SHARE = 0.2
FORMANTS_HZ = ((250.0, 850.0), (800.0, 2400.0), (2200.0, 3200.0))
BANDWIDTH_HZ = (60.0, 200.0)
FRICATIVE_HZ = 3000.0


def murmur(size: int, generator: np.random.Generator) -> np.ndarray:
    """
    Return one talker: vowels of a pulse train through formants, fricatives of noise, pauses.

    :return: float64 (size,).
    """
    talker = np.zeros(size)
    pitch_hz = generator.uniform(*PITCH_HZ)
    start = 0
    while start < size:
        length = min(round(generator.uniform(*SYLLABLE_S) * SAMPLE_RATE_HZ), size - start)
        kind = generator.random()
        if kind >= PAUSE_SHARE:
            fricative = kind < PAUSE_SHARE + FRICATIVE_SHARE
            syllable = _fricative(length, generator) if fricative else _vowel(
                length, pitch_hz * np.exp2(generator.normal(0, 0.2)), generator)
            talker[start:start + length] = syllable * np.hanning(length)
        start += length
    return talker


def _vowel(size: int, pitch_hz: float, generator: np.random.Generator) -> np.ndarray:
    glide = np.linspace(1, generator.uniform(0.85, 1.15), size)
    phase = generator.random() + np.cumsum(pitch_hz * glide) / SAMPLE_RATE_HZ
    sound = np.diff(np.floor(phase), prepend=np.floor(phase[:1]))
    for low_hz, high_hz in FORMANTS_HZ:
        sound = _resonate(sound, generator.uniform(low_hz, high_hz),
                          generator.uniform(*BANDWIDTH_HZ))
    return sound / max(sound.std(), 1e-9)


def _resonate(sound: np.ndarray, centre_hz: float, bandwidth_hz: float) -> np.ndarray:
    """Filter with a pair of poles (Klatt 1980), gain 1 at 0 Hz."""
    radius = np.exp(-np.pi * bandwidth_hz / SAMPLE_RATE_HZ)
    poles = np.array([1, -2 * radius * np.cos(2 * np.pi * centre_hz / SAMPLE_RATE_HZ),
                      radius ** 2])
    return signal.lfilter([poles.sum()], poles, sound)


def _fricative(size: int, generator: np.random.Generator) -> np.ndarray:
    noise = generator.standard_normal(size)
    highs = signal.butter(2, FRICATIVE_HZ, 'highpass', fs=SAMPLE_RATE_HZ, output='sos')
    return 0.3 * signal.sosfilt(highs, noise)
