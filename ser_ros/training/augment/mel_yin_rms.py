# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Light augmentation of mel_yin_rms columns: cheap, since no sound is computed again.

A window is drawn anywhere in the clip and may reach over its ends; then it is stretched in time,
its vocal tract lengthened or shortened, its colour changed, noise added and small parts masked.
"""

import numpy as np

from ser_ros.features.base import Columns
from ser_ros.features.mel import MIN_POWER
from ser_ros.features.mel_yin_rms import MelYinRmsColumns
from ser_ros.training.augment import band_power

SILENCE_DB = 10 * np.log10(MIN_POWER)
SILENCE_F0_HZ = 8000.0  # what YIN says of silence
MAX_OVERHANG = 40  # hops that a window may reach over an end of the clip
TRACT = (0.9, 1.1)
SNR_DB = (5.0, 40.0)
NOISE_SHARE = 0.5  # of the windows get noise
NOISE_PERIODS = (2, 320)  # what YIN finds in noise [samples of 16 kHz]
MAX_MASK = 16  # bands or hops


def draw_window(
        columns: Columns, hops: int, generator: np.random.Generator) -> MelYinRmsColumns:
    """Return one augmented window of a clip.

    Args:
        columns: of the whole clip, at least ``hops`` long, as mel_yin_rms makes them.
        hops: length of the window.
    """
    length = round(hops * generator.uniform(*band_power.STRETCH))
    window = _stretch(_cut(MelYinRmsColumns(*columns), length, generator), hops)
    window = _change_tract(window, generator.uniform(*TRACT))
    mel_db = window.mel_db + band_power.colour_db(len(window.mel_db), generator)[:, np.newaxis]
    window = window._replace(mel_db=mel_db.astype(np.float32))
    if generator.random() < NOISE_SHARE:
        window = _add_noise(window, generator.uniform(*SNR_DB), generator)
    return _mask(window, generator)


def _cut(columns: MelYinRmsColumns, length: int,
         generator: np.random.Generator) -> MelYinRmsColumns:
    start = band_power.draw_start(len(columns.rms), length, MAX_OVERHANG, generator)
    beyond = (SILENCE_DB, SILENCE_F0_HZ, 0.0, 0.0)
    return MelYinRmsColumns(*(
        band_power.cut(part, start, length, value)
        for part, value in zip(columns, beyond, strict=True)))


def _stretch(columns: MelYinRmsColumns, hops: int) -> MelYinRmsColumns:
    nearest = band_power.nearest_hops(len(columns.rms), hops)
    return MelYinRmsColumns(
        band_power.stretch(columns.mel_db, hops), columns.f0_hz[nearest],
        band_power.stretch(columns.rms, hops), columns.trough[nearest])


def _change_tract(columns: MelYinRmsColumns, factor: float) -> MelYinRmsColumns:
    """Move the spectrum along the mel axis and the pitch with it."""
    bands = len(columns.mel_db)
    position = np.clip(np.arange(bands) / factor, 0, bands - 1)
    low = np.minimum(position.astype(int), bands - 2)
    share = (position - low).astype(np.float32)[:, np.newaxis]
    mel_db = columns.mel_db[low] * (1 - share) + columns.mel_db[low + 1] * share
    return columns._replace(
        mel_db=mel_db, f0_hz=np.clip(columns.f0_hz * factor, 50.0, SILENCE_F0_HZ))


def _add_noise(columns: MelYinRmsColumns, snr_db: float,
               generator: np.random.Generator) -> MelYinRmsColumns:
    """Add steady noise of a random colour, ``snr_db`` below the window's mean power."""
    bands, hops = columns.mel_db.shape
    power = 10 ** (columns.mel_db / 10)
    tilt_db = np.linspace(0, generator.uniform(-20, 5), bands)
    colour = 10 ** ((band_power.colour_db(bands, generator) + tilt_db) / 10)
    noise = colour * power.mean() / colour.mean() * 10 ** (-snr_db / 10)
    # The power in one band of one frame of noise varies as an exponential distribution does; a
    # band that is several bins wide varies less, which a mean of two draws stands for.
    grain = generator.exponential(size=(2, bands, hops)).mean(axis=0)
    noisy = power + noise[:, np.newaxis] * grain
    noise_square = np.mean(columns.rms ** 2) * 10 ** (-snr_db / 10)
    rms = np.sqrt(columns.rms ** 2 + noise_square)
    drowned = columns.rms ** 2 < noise_square
    periods = generator.integers(NOISE_PERIODS[0], NOISE_PERIODS[1] + 1, hops)
    return columns._replace(
        mel_db=(10 * np.log10(np.maximum(noisy, MIN_POWER))).astype(np.float32),
        f0_hz=np.where(drowned, 16000 / periods, columns.f0_hz), rms=rms.astype(np.float32))


def _mask(columns: MelYinRmsColumns, generator: np.random.Generator) -> MelYinRmsColumns:
    """Hide some bands and some hops of the spectrum (SpecAugment, arXiv:1904.08779)."""
    mel_db = columns.mel_db.copy()
    low = mel_db.min()
    for axis in (0, 1):
        size = int(generator.integers(0, MAX_MASK + 1))
        start = int(generator.integers(0, mel_db.shape[axis] - size + 1))
        hidden = slice(start, start + size)
        mel_db[(hidden, slice(None)) if axis == 0 else (slice(None), hidden)] = low
    return columns._replace(mel_db=mel_db)
