# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The streaming of feature sets whose columns come from one frame each."""

import abc
from typing import Any, Optional, Tuple

import numpy as np

from ser_ros.features.base import Columns, FeatureExtractor
from ser_ros.features.framing import FrameBuffer, check_samples
from ser_ros.features.grid import Grid
from ser_ros.features.pitch import PitchTracker, median_voiced_hz
from ser_ros.features.ring import ColumnRing


class FramedExtractor(FeatureExtractor):
    """A feature set that says what it makes of frames; the rest is the same for all.

    Each hop is computed once, when its last sample arrives, and kept in rings; a window is a view.

    Attributes:
        grid: frames that the sound is cut into; each becomes a column.
        max_frames: most frames computed at a time, which keeps the temporaries small.
        column_names: named tuple that the columns are put into.
        column_layout: shape of one hop, () for a number, and dtype, of each of the columns.
    """

    grid: Grid
    max_frames: int
    column_names: Any
    column_layout: Tuple[Tuple[Tuple[int, ...], type], ...]

    def __init__(self) -> None:
        """Make an empty stream."""
        self.hop_samples = self.grid.hop_samples
        self.window_samples = self.grid.window_samples
        self.window_columns = self.grid.window_hops
        self._frames = self._buffer()
        self._rings = tuple(
            ColumnRing(self.grid.window_hops, lead, dtype) for lead, dtype in self.column_layout)
        self._samples = 0

    @abc.abstractmethod
    def _compute(self, frames: np.ndarray) -> Columns:
        """Return the columns of frames, valid until the next call.

        Args:
            frames: Float32, shape (n, ``grid.frame_samples``), n at most ``max_frames``.
        """

    def push(self, samples: np.ndarray) -> None:
        """Take in the next samples; see `FeatureExtractor.push`."""
        check_samples(samples)
        for frames in self._frames.push(samples):
            for ring, columns in zip(self._rings, self._compute(frames)):
                ring.write(columns)
        self._samples += len(samples)

    def input(self, out: Optional[np.ndarray] = None) -> np.ndarray:
        """Return the latest window's input; see `FeatureExtractor.input`."""
        return self.input_from_columns(self._window(), out)

    def pitch_hz(self) -> float:
        """Return the median pitch of the latest window's voiced frames [Hz], or NaN.

        Of the columns ``f0_hz`` and ``trough``; `SpectrumExtractor` is for sets without them.
        """
        window = self._window()
        return median_voiced_hz(window.f0_hz, window.trough)

    def reset(self) -> None:
        """Forget all sound."""
        self._frames.reset()
        self._samples = 0

    def columns(self, samples: np.ndarray) -> Any:
        """Return a whole recording's ``column_names``; see `FeatureExtractor.columns`."""
        check_samples(samples)
        hops = self.grid.hops(len(samples))
        result = self.column_names(*(
            np.empty(lead + (hops,), dtype) for lead, dtype in self.column_layout))
        start = 0
        for frames in self._buffer().push(samples):
            end = start + len(frames)
            for whole, part in zip(result, self._compute(frames)):
                whole[..., start:end] = part
            start = end
        return result

    def _buffer(self) -> FrameBuffer:
        return FrameBuffer(self.grid.frame_samples, self.grid.hop_samples, self.max_frames)

    def _window(self) -> Any:
        self.check_window(self._samples)
        return self.column_names(*(ring.window() for ring in self._rings))


class SpectrumExtractor(FramedExtractor):
    """A feature set whose columns say nothing about pitch, so that it is tracked beside them."""

    def __init__(self) -> None:
        """Make an empty stream."""
        super().__init__()
        self._pitch = PitchTracker(self.window_samples)

    def push(self, samples: np.ndarray) -> None:
        """Take in the next samples; see `FeatureExtractor.push`."""
        super().push(samples)
        self._pitch.push(samples)

    def pitch_hz(self) -> float:
        """Return the median pitch of the latest window's voiced frames [Hz], or NaN."""
        self.check_window(self._samples)
        return self._pitch.median_hz()

    def reset(self) -> None:
        """Forget all sound."""
        super().reset()
        self._pitch.reset()
