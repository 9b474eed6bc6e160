# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Augmentation of efficientat_mel columns: on the power in the bands, since no sound is computed anew.

A window is drawn anywhere in the clip and may reach over its ends; then it is stretched in time,
its vocal tract lengthened or shortened, its colour and bandwidth changed, a room's tail and noise
added and small parts masked. Its level does not matter: the image has always the same.
"""

import numpy as np
from scipy.signal import lfilter

from ser_ros.features.base import Columns
from ser_ros.features.efficientat_mel import (
    EfficientatMel,
    EfficientatMelColumns,
    centres_hz,
    filterbank,
    level_weights,
)

HOP_S = EfficientatMel.hop_samples / EfficientatMel.sample_rate_hz
MAX_OVERHANG = 80  # hops that a window may reach over an end of the clip
STRETCH = (0.85, 1.15)
TRACT = (0.88, 1.12)  # length of the vocal tract relative to the speaker's
COLOUR_DB = 4.0  # standard deviation of the gain at five places of the spectrum
TILT_DB = 6.0  # standard deviation of the gain from one end of the spectrum to the other
NARROW_SHARE = 0.2  # of the windows lose what is above a frequency
NARROW_HZ = (3000.0, 8000.0)
NARROW_DB_PER_BAND = 10.0
REVERBERATION_SHARE = 0.3
REVERBERATION_S = (0.15, 0.8)  # time until it has fallen by 60 dB
REVERBERATION_DB = (-15.0, 3.0)  # its energy relative to the direct sound's
NOISE_SHARE = 0.5
SNR_DB = (0.0, 40.0)
NOISE_TILT_DB = (-25.0, 5.0)
MAX_MASKED_BANDS = 12
MAX_MASKED_HOPS = 32

CENTRES_HZ = centres_hz()
WHITE = filterbank().sum(axis=0).astype(np.float32)  # white noise, up to a factor
LEVEL_WEIGHTS = level_weights()
BANDS = len(CENTRES_HZ)


def draw_window(
        columns: Columns, hops: int, generator: np.random.Generator) -> EfficientatMelColumns:
    """
    Return one augmented window of a clip.

    :param columns: of the whole clip, as efficientat_mel makes them.
    :param hops: length of the window.
    """
    power = _cut(columns[0], round(hops * generator.uniform(*STRETCH)), generator)
    power = _stretch(power, hops)
    power = _change_tract(power, generator.uniform(*TRACT))
    power *= _colour(generator)[:, np.newaxis]
    if generator.random() < REVERBERATION_SHARE:
        power = _reverberate(power, generator)
    if generator.random() < NOISE_SHARE:
        power += _noise(power, generator)
    if generator.random() < NARROW_SHARE:
        power *= _narrow(generator)[:, np.newaxis]
    _mask(power, generator)
    return EfficientatMelColumns(power)


def _cut(power: np.ndarray, length: int, generator: np.random.Generator) -> np.ndarray:
    total = power.shape[1]
    last = max(0, total - length)
    start = int(generator.integers(min(0, total - length) - MAX_OVERHANG, last + MAX_OVERHANG + 1))
    # Half of the windows keep to the clip where they can: the ends are where little is said.
    if total >= length and generator.random() < 0.5:
        start = int(np.clip(start, 0, last))
    begin, end = max(0, start), min(total, start + length)
    cut = np.zeros((BANDS, length), np.float32)
    cut[:, begin - start:end - start] = power[:, begin:end]
    return cut


def _stretch(power: np.ndarray, hops: int) -> np.ndarray:
    low, share = _between(np.linspace(0, power.shape[1] - 1, hops), power.shape[1])
    return power[:, low] * (1 - share) + power[:, low + 1] * share


def _change_tract(power: np.ndarray, factor: float) -> np.ndarray:
    """Move the spectrum along the frequency axis."""
    low, share = _between(np.interp(CENTRES_HZ * factor, CENTRES_HZ, np.arange(BANDS)), BANDS)
    return power[low] * (1 - share)[:, np.newaxis] + power[low + 1] * share[:, np.newaxis]


def _between(position: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    low = np.minimum(position.astype(int), size - 2)
    return low, (position - low).astype(np.float32)


def _colour(generator: np.random.Generator) -> np.ndarray:
    places = np.linspace(0, BANDS - 1, 5)
    gain_db = np.interp(np.arange(BANDS), places, generator.normal(0, COLOUR_DB, 5))
    return _power(gain_db + np.linspace(-0.5, 0.5, BANDS) * generator.normal(0, TILT_DB))


def _power(level_db: np.ndarray | float) -> np.ndarray:
    return np.power(10.0, np.asarray(level_db) / 10).astype(np.float32)


def _narrow(generator: np.random.Generator) -> np.ndarray:
    cutoff = np.interp(generator.uniform(*NARROW_HZ), CENTRES_HZ, np.arange(BANDS))
    return _power(-NARROW_DB_PER_BAND * np.maximum(0, np.arange(BANDS) - cutoff))


def _reverberate(power: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Add a tail that falls exponentially (Polack's model of a room, in each band)."""
    decay = 10 ** (-6 * HOP_S / generator.uniform(*REVERBERATION_S))
    now, before = np.array([0, 1 - decay], np.float32), np.array([1, -decay], np.float32)
    tail = lfilter(now, before, power, axis=1)
    return power + tail * _power(generator.uniform(*REVERBERATION_DB))


def _noise(power: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return steady noise of a random colour at a random distance to the window's mean power."""
    tilt_db = np.linspace(0, generator.uniform(*NOISE_TILT_DB), BANDS)
    noise = WHITE * _colour(generator) * _power(tilt_db)
    signal = np.dot(LEVEL_WEIGHTS, power.mean(axis=1))
    noise *= signal / np.dot(LEVEL_WEIGHTS, noise) * _power(-generator.uniform(*SNR_DB))
    # The power in one band of one frame of noise varies as an exponential distribution does; a
    # band that is several bins wide varies less, which a mean of two draws stands for.
    grain = generator.standard_gamma(2.0, power.shape, np.float32)
    return grain * (noise / 2)[:, np.newaxis]


def _mask(power: np.ndarray, generator: np.random.Generator) -> None:
    """Hide some bands and some hops (SpecAugment, arXiv:1904.08779)."""
    for axis, most in (0, MAX_MASKED_BANDS), (1, MAX_MASKED_HOPS):
        size = int(generator.integers(0, most + 1))
        start = int(generator.integers(0, power.shape[axis] - size + 1))
        power.swapaxes(0, axis)[start:start + size] = 0.0
