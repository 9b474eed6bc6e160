# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The feature set efficientat_mel/1: the input of networks pretrained as EfficientAT."""

from typing import NamedTuple, Optional

import numpy as np

from ser_ros.features.base import Columns
from ser_ros.features.framed_extractor import SpectrumExtractor
from ser_ros.features.grid import Grid
from ser_ros.features.mel import MelSpectrum, hann, triangles
from ser_ros.features.window_level import LEVEL_MIN_HZ, level_gain, spectrum_sum

GRID = Grid(400, 160, 256)
FFT_SIZE = 512
# Of the 128 bands over 0..15 kHz, those whose centre lies below 8 kHz.
MEL_BANDS = 104

# Of EfficientAT (models/preprocess.py), which computes at 32 kHz.
ORIGINAL_RATE_HZ = 32000
ORIGINAL_BANDS = 128
ORIGINAL_MAX_HZ = 15000.0
PRE_EMPHASIS = 0.97
OFFSET = 1e-5
SHIFT = 4.5
SCALE = 5.0


class EfficientatMelColumns(NamedTuple):
    """Per-hop values, time on the last axis.

    Attributes:
        power: in each band, at the level of the sound, float32, shape (104, T).
    """

    power: np.ndarray


def mel_scale(frequencies_hz: np.ndarray) -> np.ndarray:
    """Return frequencies on Kaldi's mel scale, 1127 ln(1 + f / 700)."""
    return 1127.0 * np.log(1.0 + frequencies_hz / 700.0)


def corners_mel() -> np.ndarray:
    """Return the corners of the bands [mel], shape (106,): the first of evenly spaced 130."""
    step = mel_scale(np.array(ORIGINAL_MAX_HZ)) / (ORIGINAL_BANDS + 1)
    return step * np.arange(MEL_BANDS + 2)


def centres_hz() -> np.ndarray:
    """Return the centres of the bands [Hz], shape (104,)."""
    return 700.0 * (np.exp(corners_mel()[1:-1] / 1127.0) - 1.0)


def gains(frequencies_hz: np.ndarray) -> np.ndarray:
    """Return what the power at some frequencies is multiplied with.

    That is what happens at 32 kHz before the FFT: the pre-emphasis x[n] - 0.97 x[n - 1], as its
    frequency response; and the window of twice as many samples, in which the same sound has four
    times the power.
    """
    angle = 2.0 * np.pi * frequencies_hz / ORIGINAL_RATE_HZ
    emphasis = 1.0 + PRE_EMPHASIS ** 2 - 2.0 * PRE_EMPHASIS * np.cos(angle)
    return (ORIGINAL_RATE_HZ / EfficientatMel.sample_rate_hz) ** 2 * emphasis


def filterbank() -> np.ndarray:
    """Return the weights of the power spectrum at 16 kHz, float64, shape (257, 104)."""
    frequencies_hz = np.arange(FFT_SIZE // 2 + 1) * (EfficientatMel.sample_rate_hz / FFT_SIZE)
    return (triangles(mel_scale(frequencies_hz), corners_mel())
            * gains(frequencies_hz)[:, np.newaxis])


def level_weights() -> np.ndarray:
    """Return the weights under which a frame's bands sum up to its mean square, shape (104,).

    Triangles that overlap sum up to 1.
    """
    window = hann(GRID.frame_samples, periodic=False)
    weights = 1.0 / (gains(centres_hz()) * spectrum_sum(FFT_SIZE, window))
    return np.where(centres_hz() >= LEVEL_MIN_HZ, weights, 0.0).astype(np.float32)


class EfficientatMel(SpectrumExtractor):
    """The feature set efficientat_mel/1.

    What EfficientAT (Schmid, Koutini, Widmer 2023, arXiv:2211.04772) feeds its networks, computed
    from 16 kHz, where the original takes 32 kHz. Frames of 400 samples (25 ms), one every 160
    (10 ms), without padding; a window is 256 frames, 41 200 samples (2.575 s). The image has one
    channel of 104 bands by 256 frames: Hann window (symmetric), power of a 512-point FFT,
    pre-emphasis, those of 128 Kaldi mel bands over 0..15 kHz whose centre is below 8 kHz, the
    whole window brought to a level of -20 dBFS (by 50 dB at most), then
    (ln(power + 1e-5) + 4.5) / 5. Silence is -1.40, speech mostly between -1 and 1.5.
    """

    name = 'efficientat_mel/1'
    grid = GRID
    input_shape = (1, MEL_BANDS, GRID.window_hops)
    max_frames = 64
    column_names = EfficientatMelColumns
    column_layout = (((MEL_BANDS,), np.float32),)

    def __init__(self) -> None:
        """Make an empty stream."""
        super().__init__()
        self._mel = MelSpectrum(
            filterbank(), hann(GRID.frame_samples, periodic=False), self.max_frames)
        self._level_weights = level_weights()

    @property
    def min_samples(self) -> int:
        """More than a window: the models were trained on recordings of this length or longer."""
        return 41920

    def input_from_columns(
            self, columns: Columns, out: Optional[np.ndarray] = None) -> np.ndarray:
        """Turn the columns of one window into the model's input; see `FeatureExtractor`."""
        if out is None:
            out = np.empty(self.input_shape, np.float32)
        power = out[0]
        power[...] = columns[0]
        # Everything below sees the same memory layout in a stream and offline, and rounds equally.
        mean_square = float(np.sum(self._level_weights * power.mean(axis=1)))
        power *= np.float32(level_gain(mean_square))
        power += np.float32(OFFSET)
        np.log(power, out=power)
        power += np.float32(SHIFT)
        power /= np.float32(SCALE)
        return out

    def _compute(self, frames: np.ndarray) -> EfficientatMelColumns:
        return EfficientatMelColumns(self._mel(frames).T)
