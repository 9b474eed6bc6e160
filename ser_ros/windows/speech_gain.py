# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Makes faint speech loud enough for the voice activity detector.

Silero misses faint speech. The gain follows the loudest frame of the last seconds: it falls at once
and rises slowly, so pauses within speech stay quieter than the speech. It is bounded, so that the
noise of a quiet room stays quiet. It only reaches the detector, never the features.
docs/abstention.md has the figures.
"""

import math

import numpy as np

# The loudest frame is brought to this RMS level, as far as the largest gain allows.
TARGET_DBFS = -26.0
MAX_GAIN_DB = 20.0
TARGET = 10 ** (TARGET_DBFS / 20)
FAINTEST = TARGET / 10 ** (MAX_GAIN_DB / 20)
# Time in which the loudest level falls by 8.7 dB after a loud sound.
RELEASE_S = 10.0


class SpeechGain:
    """One gain for each frame, from the frames since the reset."""

    def __init__(self, frame_s: float):
        """Start with silence.

        Args:
            frame_s: time from one frame to the next [s].
        """
        self._decay = math.exp(-frame_s / RELEASE_S)
        self.reset()

    def reset(self) -> None:
        """Forget all sound."""
        self._loudest = FAINTEST

    def next(self, frame: np.ndarray) -> float:
        """Take in the next frame and return its gain, 1 to 10.

        Args:
            frame: float32 (n,), full scale is 1.0.
        """
        rms = math.sqrt(np.mean(np.square(frame, dtype=np.float64)))
        self._loudest = max(rms, self._loudest * self._decay, FAINTEST)
        return max(1.0, TARGET / self._loudest)
