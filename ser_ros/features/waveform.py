# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The feature set waveform/1: the samples themselves, for networks that listen to the sound."""

from typing import Optional, Tuple

import numpy as np

from ser_ros.errors import SerError
from ser_ros.features.base import Columns, FeatureExtractor
from ser_ros.features.framing import check_samples
from ser_ros.features.pitch import PitchTracker
from ser_ros.features.ring import ColumnRing

# Windows have a length that is a multiple of 20 ms. So the frames of the pitch, one every 20 ms,
# lie in a window as they lie in the stream.
STEP_SAMPLES = 320
MIN_WINDOW_S = 0.5
MAX_WINDOW_S = 15.0
DEFAULT_SAMPLES = 64000


class Waveform(FeatureExtractor):
    """The feature set waveform/1.

    The input is the window's samples at 16 kHz, float32 in [-1, 1], shape (N,). What exceeds full
    scale is clipped. Nothing is normalised: the model does that, as it was trained. N is 64 000
    (4 s), or what the model file says: a multiple of 320 from 8000 to 240 000 (0.5 to 15 s).
    """

    name = 'waveform/1'
    hop_samples = 1
    columns_are_samples = True

    def __init__(self, samples: int = DEFAULT_SAMPLES) -> None:
        """Make an empty stream.

        Args:
            samples: length of a window.

        Raises:
            SerError: for a length that is not allowed.
        """
        duration_s = samples / self.sample_rate_hz
        if samples % STEP_SAMPLES or not MIN_WINDOW_S <= duration_s <= MAX_WINDOW_S:
            raise SerError(
                f'{self.name} makes windows of {MIN_WINDOW_S:g} to {MAX_WINDOW_S:g} s, a multiple '
                f'of {STEP_SAMPLES / self.sample_rate_hz:g} s ({STEP_SAMPLES} samples), not of '
                f'{duration_s:g} s ({samples} samples)')
        self.window_samples = self.window_columns = samples
        self.input_shape = (samples,)
        self._ring = ColumnRing(samples)
        self._pitch = PitchTracker(samples)
        self._count = 0

    @classmethod
    def make(cls, input_shape: Optional[Tuple[int, ...]] = None) -> 'Waveform':
        """Make an empty stream for inputs of this shape; see `FeatureExtractor.make`."""
        if input_shape is None:
            return cls()
        if len(input_shape) != 1:
            raise SerError(f'{cls.name} makes inputs of the shape [N], not {list(input_shape)}')
        return cls(input_shape[0])

    @classmethod
    def shape_of_window(cls, window_s: float) -> Tuple[int, ...]:
        """Return the number of samples in a window; see `FeatureExtractor.shape_of_window`."""
        return cls(round(window_s * cls.sample_rate_hz)).input_shape

    def push(self, samples: np.ndarray) -> None:
        """Take in the next samples; see `FeatureExtractor.push`."""
        check_samples(samples)
        self._ring.write(samples)
        self._pitch.push(samples)
        self._count += len(samples)

    def input(self, out: Optional[np.ndarray] = None) -> np.ndarray:
        """Return the latest window's input; see `FeatureExtractor.input`."""
        self.check_window(self._count)
        return self.input_from_columns((self._ring.window(),), out)

    def pitch_hz(self) -> float:
        """Return the median pitch of the latest window's voiced frames [Hz], or NaN."""
        self.check_window(self._count)
        return self._pitch.median_hz()

    def reset(self) -> None:
        """Forget all sound."""
        self._pitch.reset()
        self._count = 0

    def columns(self, samples: np.ndarray) -> Columns:
        """Return the samples, shape (n,); see `FeatureExtractor.columns`."""
        check_samples(samples)
        return (samples,)

    def input_from_columns(
            self, columns: Columns, out: Optional[np.ndarray] = None) -> np.ndarray:
        """Turn the samples of one window into the model's input; see `FeatureExtractor`."""
        if out is None:
            out = np.empty(self.input_shape, np.float32)
        return np.clip(columns[0], np.float32(-1.0), np.float32(1.0), out=out)
