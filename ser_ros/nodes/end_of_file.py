# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When everything that a file holds has been answered."""

import math
import time
from typing import Callable

# After the last emotion, the mitigation that it leads to is still under way.
GRACE_S = 0.5
# After the end of the sound, if the last emotion never comes. A slow model takes long for the only
# window of a short file.
PATIENCE_S = 30.0


class EndOfFile:
    """Wait for the emotion of a file's last window.

    The end of the sound and the emotions come on different topics, thus in any order.

    Args:
        clock: returns a steady time [s].
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._period_s = 0.0
        self._start_s = -math.inf
        self._emotion_s = -math.inf
        self._end_s = math.inf
        self._reached_s = math.inf

    @property
    def reached(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self._clock() >= self._reached_s

    def hear_window(self, period_s: float) -> None:
        """Take in how far the windows are apart [s]."""
        self._period_s = period_s

    def hear_end(self, stamp_s: float) -> None:
        """Take in the audio time at which the sound ends."""
        self._end_s = stamp_s
        self._reached_s = self._clock() + PATIENCE_S
        self._look()

    def hear_emotion(self, start_s: float, stamp_s: float) -> None:
        """Take in the audio times at which the window of an emotion starts and ends."""
        self._start_s = start_s
        self._emotion_s = stamp_s
        self._look()

    def _look(self) -> None:
        # The window of a short file reaches over its end.
        if self._start_s > self._end_s:  # that was the end of an earlier file
            self._end_s = self._reached_s = math.inf
        elif self._emotion_s > self._end_s - self._period_s:
            # A window that ended earlier has another one after it.
            self._reached_s = self._clock() + GRACE_S
