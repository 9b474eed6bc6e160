# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The feature set mel_yin_rms/1: mel spectrogram, pitch and loudness as an image."""

from typing import NamedTuple, Optional

import numpy as np

from ser_ros.features.base import Columns
from ser_ros.features.framed_extractor import FramedExtractor
from ser_ros.features.grid import VOICE_GRID
from ser_ros.features.level import frame_rms
from ser_ros.features.mel import MelSpectrum, hann, mel_filterbank, power_to_db
from ser_ros.features.mel_corners import MEL_CORNERS_HZ
from ser_ros.features.yin import Yin

MEL_BANDS = 128
MEL_RANGE_DB = 80.0


class MelYinRmsColumns(NamedTuple):
    """Per-hop values, time on the last axis.

    Attributes:
        mel_db: mel spectrum [dB re 1.0], at least -100, float32, shape (128, T).
        f0_hz: YIN's pitch of every frame, voiced or not [Hz], 50..8000, float64, shape (T,).
        rms: RMS amplitude, float32, shape (T,).
        trough: depth of YIN's trough, about 0 where periodic and 1 in noise, float32, shape (T,).
    """

    mel_db: np.ndarray
    f0_hz: np.ndarray
    rms: np.ndarray
    trough: np.ndarray


class MelYinRms(FramedExtractor):
    """The feature set mel_yin_rms/1.

    16 kHz mono in frames of 1024 samples (64 ms), one every 320 (20 ms), without padding; a
    window is 128 frames, 41 664 samples (2.604 s). The image has three channels of 128 bands
    by 128 frames, each min-max scaled to [0, 1] within the window; a constant channel is 0.

    0. Mel spectrogram: periodic Hann window, power, 128 HTK bands of 50..8000 Hz with
       triangles of height 1 (torchaudio's MelSpectrogram with norm=None), dB (powers below
       1e-10 count as that) re the window's maximum with a floor 80 dB below.
    1. Pitch: YIN as in librosa 0.11, 50..8000 Hz, threshold 0.1, the same in all 128 rows.
    2. RMS amplitude as in librosa.feature.rms, the same in all 128 rows.

    Each hop is computed once, when its last sample arrives; `input` only scales.
    """

    name = 'mel_yin_rms/1'
    grid = VOICE_GRID
    input_shape = (3, MEL_BANDS, VOICE_GRID.window_hops)
    # Whole windows are computed a third at a time: larger temporaries than these cost twice as
    # much, because the allocator asks the kernel for them again each time.
    max_frames = 43
    column_names = MelYinRmsColumns
    column_layout = (
        ((MEL_BANDS,), np.float32), ((), np.float64), ((), np.float32), ((), np.float32))

    def __init__(self) -> None:
        """Make an empty stream."""
        super().__init__()
        filterbank = mel_filterbank(MEL_CORNERS_HZ, self.sample_rate_hz, self.grid.frame_samples)
        self._mel = MelSpectrum(
            filterbank, hann(self.grid.frame_samples, periodic=True), self.max_frames)
        self._yin = Yin(
            self.sample_rate_hz, 50.0, 8000.0, 0.1, self.grid.frame_samples, self.max_frames)

    def input_from_columns(
            self, columns: Columns, out: Optional[np.ndarray] = None) -> np.ndarray:
        """Turn the columns of one window into the model's input; see `FeatureExtractor`.

        Args:
            columns: the first three are used: mel_db (128, 128), f0_hz (128,), rms (128,).
        """
        if out is None:
            out = np.empty(self.input_shape, np.float32)
        mel_db, f0_hz, rms = columns[:3]
        out[0] = mel_db
        np.maximum(out[0], out[0].max() - np.float32(MEL_RANGE_DB), out=out[0])
        _min_max_scale(out[0], out[0])
        out[1] = _min_max_scale(f0_hz, np.empty_like(f0_hz))
        out[2] = _min_max_scale(rms, np.empty_like(rms))
        return out

    def _compute(self, frames: np.ndarray) -> MelYinRmsColumns:
        f0_hz, trough = self._yin(frames)
        mel_db = power_to_db(self._mel(frames)).T
        return MelYinRmsColumns(mel_db, f0_hz, frame_rms(frames), trough)


def _min_max_scale(values: np.ndarray, out: np.ndarray) -> np.ndarray:
    low, high = values.min(), values.max()
    if low == high:
        out[...] = 0.0
        return out
    np.subtract(values, low, out=out)
    out /= high - low
    return out
