# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The feature set whisper_mel/1: the input of encoders pretrained as Whisper."""

from typing import NamedTuple, Optional

import numpy as np

from ser_ros.features.base import Columns
from ser_ros.features.framed_extractor import SpectrumExtractor
from ser_ros.features.grid import Grid
from ser_ros.features.mel import MelSpectrum, hann, triangles

# 2.6 s: 130 positions of the encoder, of two frames each.
GRID = Grid(400, 160, 260)
FFT_SIZE = 400
MEL_BANDS = 80
# Cells that are further below the loudest cell of the window are raised to this [log10 of power].
RANGE_LOG10 = 8.0
# Stands for the loudest cell in digital silence.
MIN_LOUDEST = 1e-20
# The loudest cell of every window is brought to this, so that the microphone's gain does not
# matter. The pretrained model hears recordings of about this level.
LOUDEST_LOG10 = 1.5


class WhisperMelColumns(NamedTuple):
    """Per-hop values, time on the last axis.

    Attributes:
        power: power in each band, float32, shape (80, T).
    """

    power: np.ndarray


def slaney_to_hz(mel: np.ndarray) -> np.ndarray:
    """Return frequencies [Hz]: 3 mel are 200 Hz up to 1 kHz; 27 mel are a factor of 6.4 above."""
    return np.where(mel < 15.0, mel * (200.0 / 3.0), 1000.0 * 6.4 ** ((mel - 15.0) / 27.0))


def corners_hz() -> np.ndarray:
    """Return the corners of the bands [Hz], shape (82,): evenly spaced in mel, 0 to 8 kHz."""
    nyquist_hz = WhisperMel.sample_rate_hz / 2
    nyquist_mel = 15.0 + 27.0 * np.log(nyquist_hz / 1000.0) / np.log(6.4)
    return slaney_to_hz(np.linspace(0.0, nyquist_mel, MEL_BANDS + 2))


def filterbank() -> np.ndarray:
    """Return the weights of the power spectrum, float64, shape (201, 80).

    These are librosa's default filters (Slaney's Auditory Toolbox 1998): triangles of equal area.
    """
    corners = corners_hz()
    frequencies_hz = np.arange(FFT_SIZE // 2 + 1) * (WhisperMel.sample_rate_hz / FFT_SIZE)
    return triangles(frequencies_hz, corners) * (2.0 / (corners[2:] - corners[:-2]))


class WhisperMel(SpectrumExtractor):
    """The feature set whisper_mel/1.

    What OpenAI's Whisper (Radford et al. 2022, arXiv:2212.04356) feeds its encoder, for a window
    of 2.6 s. Frames of 400 samples (25 ms), one every 160 (10 ms), without padding. A window is
    260 frames, 41 840 samples (2.615 s). The input is 80 bands by 260 frames: periodic Hann
    window, power of a 400-point FFT, 80 Slaney mel bands over 0..8 kHz, the whole window brought
    to a level at which log10 of the power of its loudest cell is 1.5, log10, cells raised to 8
    below the loudest cell, then (x + 4) / 4. Values are -0.625 to 1.375, silence is -0.625.
    """

    name = 'whisper_mel/1'
    grid = GRID
    input_shape = (MEL_BANDS, GRID.window_hops)
    max_frames = 64
    column_names = WhisperMelColumns
    column_layout = (((MEL_BANDS,), np.float32),)

    def __init__(self) -> None:
        """Make an empty stream."""
        super().__init__()
        self._mel = MelSpectrum(
            filterbank(), hann(GRID.frame_samples, periodic=True), self.max_frames)

    def input_from_columns(
            self, columns: Columns, out: Optional[np.ndarray] = None) -> np.ndarray:
        """Turn the columns of one window into the model's input; see `FeatureExtractor`."""
        if out is None:
            out = np.empty(self.input_shape, np.float32)
        loudest = max(columns[0].max(), np.float32(MIN_LOUDEST))
        np.divide(columns[0], loudest, out=out)
        np.maximum(out, np.float32(10.0 ** -RANGE_LOG10), out=out)
        np.log10(out, out=out)
        out += np.float32(LOUDEST_LOG10 + 4.0)
        out *= np.float32(0.25)
        return out

    def _compute(self, frames: np.ndarray) -> WhisperMelColumns:
        return WhisperMelColumns(self._mel(frames).T)
