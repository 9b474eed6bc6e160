# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pitch of a voice: the median of a window's voiced frames."""

import numpy as np

from ser_ros.features.framing import FrameBuffer
from ser_ros.features.grid import VOICE_GRID
from ser_ros.features.ring import ColumnRing
from ser_ros.features.yin import Yin

# What counts as a voice: a clear trough, in the range of human speech. Against
# librosa's pyin on 24 clips of RAVDESS and nEMO this finds 69 % of the voiced frames, 95 % of what
# it finds is voiced, and half of the windows' medians agree within 0.011 octaves, 90 % in 0.054.
VOICED_MAX_TROUGH = 0.4
VOICED_MIN_HZ = 60.0
VOICED_MAX_HZ = 500.0

SAMPLE_RATE_HZ = 16000
MAX_FRAMES = 43


def median_voiced_hz(f0_hz: np.ndarray, trough: np.ndarray) -> float:
    """Return the median pitch of the voiced frames [Hz], NaN without any.

    Args:
        f0_hz: YIN's pitch of every frame, voiced or not [Hz].
        trough: depth of YIN's trough, about 0 where periodic and 1 in noise.
    """
    voiced = ((trough < VOICED_MAX_TROUGH)
              & (f0_hz >= VOICED_MIN_HZ) & (f0_hz <= VOICED_MAX_HZ))
    return float(np.median(f0_hz[voiced])) if voiced.any() else float('nan')


class PitchTracker:
    """Median pitch of the latest window, for feature sets that have no pitch of their own.

    Of the frames of `VOICE_GRID`, as in mel_yin_rms/1.
    """

    def __init__(self, window_samples: int):
        """Make an empty stream.

        Args:
            window_samples: length of a window; the frames that it holds are looked at.
        """
        frame_samples, hop_samples = VOICE_GRID[:2]
        hops = max(1, VOICE_GRID.hops(window_samples))
        self._yin = Yin(SAMPLE_RATE_HZ, 50.0, 8000.0, 0.1, frame_samples, MAX_FRAMES)
        self._frames = FrameBuffer(frame_samples, hop_samples, MAX_FRAMES)
        self._f0_hz = ColumnRing(hops, (), np.float64)
        self._trough = ColumnRing(hops)

    def push(self, samples: np.ndarray) -> None:
        """Take in the next samples, float32, shape (n,)."""
        for frames in self._frames.push(samples):
            f0_hz, trough = self._yin(frames)
            self._f0_hz.write(f0_hz)
            self._trough.write(trough)

    def median_hz(self) -> float:
        """Return the median over the latest window [Hz], NaN where nothing is voiced."""
        return median_voiced_hz(self._f0_hz.window(), self._trough.window())

    def reset(self) -> None:
        """Forget all sound; a window must go by before the next median."""
        self._frames.reset()
