# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Augmentation of the power in the bands of a spectrum, since no sound is computed again.

The parts from which the feature sets' own modules put together how they draw a window. Power is
float32, shape (bands, T).
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

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


@dataclass(frozen=True)
class Bands:
    """What is to be known of a feature set's bands.

    Attributes:
        centres_hz: of the bands, shape (bands,).
        white: power of white noise in each, up to a factor, float32, shape (bands,).
        level_weights: under which a frame's bands sum up to its level, float32, shape (bands,).
        hop_s: time from one frame to the next.
    """

    centres_hz: np.ndarray
    white: np.ndarray
    level_weights: np.ndarray
    hop_s: float

    def __len__(self) -> int:
        return len(self.centres_hz)


def draw_start(total: int, length: int, max_overhang: int, generator: np.random.Generator) -> int:
    """Return the first hop of a window, which may reach over the ends of the clip.

    Args:
        total: hops of the clip.
        length: hops of the window.
        max_overhang: hops that it may reach over an end, more only where the clip is shorter.
    """
    last = max(0, total - length)
    start = int(generator.integers(min(0, total - length) - max_overhang, last + max_overhang + 1))
    # Half of the windows keep to the clip where they can: the ends are where little is said.
    if total >= length and generator.random() < 0.5:
        start = int(np.clip(start, 0, last))
    return start


def cut(values: np.ndarray, start: int, length: int, beyond: float = 0.0) -> np.ndarray:
    """Return ``length`` hops from ``start`` on, with ``beyond`` where the clip has none."""
    total = values.shape[-1]
    begin, end = max(0, start), min(total, start + length)
    result = np.full((*values.shape[:-1], length), beyond, values.dtype)
    result[..., begin - start:end - start] = values[..., begin:end]
    return result


def stretch(values: np.ndarray, hops: int) -> np.ndarray:
    """Resample in time (the last axis), to ``hops``."""
    total = values.shape[-1]
    low, share = _between(np.linspace(0, total - 1, hops), total)
    return values[..., low] * (1 - share) + values[..., low + 1] * share


def nearest_hops(total: int, hops: int) -> np.ndarray:
    """Return what stands for `stretch` with pitches: between two there need not be another."""
    return np.round(np.linspace(0, total - 1, hops)).astype(int)


def change_tract(power: np.ndarray, factor: float, bands: Bands) -> np.ndarray:
    """Move the spectrum along the frequency axis, from each frequency to it / ``factor``."""
    low, share = _between(
        np.interp(bands.centres_hz * factor, bands.centres_hz, np.arange(len(bands))), len(bands))
    return power[low] * (1 - share)[:, np.newaxis] + power[low + 1] * share[:, np.newaxis]


def _between(position: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    low = np.minimum(position.astype(int), size - 2)
    return low, (position - low).astype(np.float32)


def add_room_and_noise(
        power: np.ndarray, bands: Bands, generator: np.random.Generator) -> np.ndarray:
    """Colour the sound, put it in a room, add noise and narrow the bandwidth, each by chance.

    Returns:
        the noise alone, as it is in the result, shape (bands, T), or zeros; ``power`` is changed in
        place.
    """
    power *= colour(len(bands), generator)[:, np.newaxis]
    added = np.zeros_like(power)
    if generator.random() < REVERBERATION_SHARE:
        power += _tail(power, bands.hop_s, generator)
    if generator.random() < NOISE_SHARE:
        added = _noise(power, bands, generator)
        power += added
    if generator.random() < NARROW_SHARE:
        gain = _narrow(bands, generator)[:, np.newaxis]
        power *= gain
        added *= gain
    return added


def colour(bands: int, generator: np.random.Generator) -> np.ndarray:
    """Return the gain of the power in each band that a random microphone has."""
    gain_db = colour_db(bands, generator)
    return _power(gain_db + np.linspace(-0.5, 0.5, bands) * generator.normal(0, TILT_DB))


def colour_db(bands: int, generator: np.random.Generator) -> np.ndarray:
    """Return a smooth random gain of the bands [dB]."""
    places = np.linspace(0, bands - 1, 5)
    return np.interp(np.arange(bands), places, generator.normal(0, COLOUR_DB, 5))


def _power(level_db: np.ndarray | float) -> np.ndarray:
    return np.power(10.0, np.asarray(level_db) / 10).astype(np.float32)


def _narrow(bands: Bands, generator: np.random.Generator) -> np.ndarray:
    places = np.arange(len(bands))
    cutoff = np.interp(generator.uniform(*NARROW_HZ), bands.centres_hz, places)
    return _power(-NARROW_DB_PER_BAND * np.maximum(0, places - cutoff))


def _tail(power: np.ndarray, hop_s: float, generator: np.random.Generator) -> np.ndarray:
    """Return a tail that falls exponentially (Polack's model of a room, in each band)."""
    decay = 10 ** (-6 * hop_s / generator.uniform(*REVERBERATION_S))
    now, before = np.array([0, 1 - decay], np.float32), np.array([1, -decay], np.float32)
    return lfilter(now, before, power, axis=1) * _power(generator.uniform(*REVERBERATION_DB))


def _noise(power: np.ndarray, bands: Bands, generator: np.random.Generator) -> np.ndarray:
    """Return steady noise of a random colour at a random distance to the window's mean power."""
    tilt_db = np.linspace(0, generator.uniform(*NOISE_TILT_DB), len(bands))
    noise = bands.white * colour(len(bands), generator) * _power(tilt_db)
    signal = np.dot(bands.level_weights, power.mean(axis=1))
    noise *= signal / np.dot(bands.level_weights, noise) * _power(-generator.uniform(*SNR_DB))
    # The power in one band of one frame of noise varies as an exponential distribution does; a
    # band that is several bins wide varies less, which a mean of two draws stands for.
    grain = generator.standard_gamma(2.0, power.shape, np.float32)
    return grain * (noise / 2)[:, np.newaxis]


def mask(power: np.ndarray, max_bands: int, max_hops: int,
         generator: np.random.Generator) -> None:
    """Hide some bands and some hops, in place (SpecAugment, arXiv:1904.08779)."""
    for axis, most in (0, max_bands), (1, max_hops):
        size = int(generator.integers(0, most + 1))
        start = int(generator.integers(0, power.shape[axis] - size + 1))
        power.swapaxes(0, axis)[start:start + size] = 0.0
