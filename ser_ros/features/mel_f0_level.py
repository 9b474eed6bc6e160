# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The feature set mel_f0_level/1: mel spectrogram, pitch and loudness on fixed scales."""

from typing import NamedTuple, Optional

import numpy as np

from ser_ros.features.base import Columns
from ser_ros.features.framed_extractor import FramedExtractor
from ser_ros.features.grid import VOICE_GRID
from ser_ros.features.mel import MelSpectrum, hann, mel_filterbank
from ser_ros.features.mel_corners import MEL_CORNERS_HZ
from ser_ros.features.pitch import VOICED_MAX_TROUGH
from ser_ros.features.window_level import LEVEL_MIN_HZ, level_gain, spectrum_sum
from ser_ros.features.yin import Yin

MEL_BANDS = 128
# The bands from here on count for the level: those whose centre lies above 100 Hz.
FIRST_LEVEL_BAND = int(np.searchsorted(MEL_CORNERS_HZ[1:-1], LEVEL_MIN_HZ))

# Each scale runs from -1 to 1 between these.
MEL_DBFS = (-80.0, -10.0)
LEVEL_DBFS = (-60.0, 0.0)

F0_HZ = (50.0, 600.0)
# 0 is left to frames without a voice: a voice of 50 Hz is an octave above it.
F0_ZERO_HZ = 25.0
# Quieter sound, once the window has its level, is not a voice, however periodic.
VOICED_MIN_DBFS = -50.0
DB_PER_NEPER = 10.0 / np.log(10.0)


class MelF0LevelColumns(NamedTuple):
    """Per-hop values, time on the last axis.

    Attributes:
        power: each band's share of the frame's mean square, float32, shape (128, T).
        f0_hz: YIN's pitch of every frame, voiced or not [Hz], 50..616, float32, shape (T,).
        trough: depth of YIN's trough, about 0 where periodic and 1 in noise, float32, shape (T,).
    """

    power: np.ndarray
    f0_hz: np.ndarray
    trough: np.ndarray


def filterbank() -> np.ndarray:
    """Return the weights of the power spectrum, float64, shape (513, 128).

    Triangles that overlap sum up to 1; so the bands sum up to the frame's mean square.
    """
    filters = mel_filterbank(MEL_CORNERS_HZ, MelF0Level.sample_rate_hz, VOICE_GRID.frame_samples)
    window = hann(VOICE_GRID.frame_samples, periodic=True)
    return filters / spectrum_sum(VOICE_GRID.frame_samples, window)


class MelF0Level(FramedExtractor):
    """The feature set mel_f0_level/1.

    It has the grid of mel_yin_rms/1 and nothing relative to a window but its level.

    16 kHz mono in frames of 1024 samples (64 ms), one every 320 (20 ms), without padding; a
    window is 128 frames, 41 664 samples (2.604 s). The whole window is brought to -20 dBFS, by
    50 dB at most; what lies below 100 Hz does not count. The image has three channels of 128
    bands by 128 frames, at that level:

    0. Mel spectrogram: periodic Hann window, power, 128 HTK bands of 50..8000 Hz with
       triangles of height 1, scaled so that they sum up to the mean square; -80..-10 dB become
       -1..1, and what is beyond is clipped.
    1. Pitch, the same in all 128 rows: YIN as in librosa 0.11 after the frame's mean is taken
       off, 50..600 Hz, threshold 0.1. log2(f0 / 25 Hz) / log2(600 / 25), 0.218..1, where there
       is a voice: trough below 0.4, 50 Hz < f0 <= 600 Hz, level of the frame at least -50 dBFS.
       Else 0.
    2. Level of the frame, the same in all 128 rows: sum of the bands above 100 Hz; -60..0 dB
       become -1..1, clipped.

    DC changes nothing: Hann leaks it into bin 1 only, which no band weighs.
    """

    name = 'mel_f0_level/1'
    grid = VOICE_GRID
    input_shape = (3, MEL_BANDS, VOICE_GRID.window_hops)
    # Larger temporaries cost twice as much: the allocator asks the kernel for them each time.
    max_frames = 43
    column_names = MelF0LevelColumns
    column_layout = (((MEL_BANDS,), np.float32), ((), np.float32), ((), np.float32))

    def __init__(self) -> None:
        """Make an empty stream."""
        super().__init__()
        self._mel = MelSpectrum(
            filterbank(), hann(self.grid.frame_samples, periodic=True), self.max_frames)
        self._yin = Yin(
            self.sample_rate_hz, F0_HZ[0], F0_HZ[1], 0.1, self.grid.frame_samples, self.max_frames)
        self._centred = np.empty((self.max_frames, self.grid.frame_samples), np.float32)

    def input_from_columns(
            self, columns: Columns, out: Optional[np.ndarray] = None) -> np.ndarray:
        """Turn the columns of one window into the model's input; see `FeatureExtractor`."""
        if out is None:
            out = np.empty(self.input_shape, np.float32)
        power, f0_hz, trough = columns
        mel = out[0]
        mel[...] = power
        # Everything below sees the same memory layout in a stream and offline, and rounds equally.
        frames = np.add.reduce(mel[FIRST_LEVEL_BAND:], axis=0)
        gain = np.float32(level_gain(float(frames.mean(dtype=np.float64))))
        frames *= gain
        mel *= gain
        out[1] = _pitch_scale(f0_hz, trough, frames)
        out[2] = _decibel_scale(frames, LEVEL_DBFS)
        _decibel_scale(mel, MEL_DBFS)
        return out

    def _compute(self, frames: np.ndarray) -> MelF0LevelColumns:
        centred = np.subtract(
            frames, frames.mean(axis=1, keepdims=True), out=self._centred[:len(frames)])
        f0_hz, trough = self._yin(centred)
        return MelF0LevelColumns(self._mel(frames).T, f0_hz, trough)


def _decibel_scale(power: np.ndarray, limits_dbfs: tuple) -> np.ndarray:
    """Put power on a scale from -1 to 1 between two levels, in place."""
    low, high = limits_dbfs
    np.clip(power, 10.0 ** (low / 10.0), 10.0 ** (high / 10.0), out=power)
    np.log(power, out=power)
    power *= np.float32(2.0 * DB_PER_NEPER / (high - low))
    power -= np.float32((high + low) / (high - low))
    # A logarithm rounds: clipped again, so that the ends are exact.
    return np.clip(power, -1.0, 1.0, out=power)


def _pitch_scale(f0_hz: np.ndarray, trough: np.ndarray, frames: np.ndarray) -> np.ndarray:
    voiced = (trough < VOICED_MAX_TROUGH) & (frames >= 10.0 ** (VOICED_MIN_DBFS / 10.0))
    # At the longest period there is no trough to be found, only the end of the search.
    voiced &= (f0_hz > F0_HZ[0]) & (f0_hz <= F0_HZ[1])
    octaves = np.log2(f0_hz / np.float32(F0_ZERO_HZ))
    return np.where(voiced, octaves / np.float32(np.log2(F0_HZ[1] / F0_ZERO_HZ)), 0.0)
