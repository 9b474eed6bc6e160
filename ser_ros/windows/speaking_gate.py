# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When the robot itself was speaking, so that it does not hear its own emotions."""

import collections
from typing import Deque, Optional, Tuple

KEPT_INTERVALS = 64


class SpeakingGate:
    """Remember the intervals in which the robot spoke, in audio time.

    Args:
        hang_over_s: how long after its end an interval still mutes [s]: the tail of the
            loudspeaker's sound and of the room's echo.
    """

    def __init__(self, hang_over_s: float):
        self._hang_over_ns = int(hang_over_s * 1e9)
        # (start_ns, end_ns)
        self._closed: Deque[Tuple[int, int]] = collections.deque(maxlen=KEPT_INTERVALS)
        self._open_since_ns: Optional[int] = None
        self._last_ns = 0

    @property
    def speaking(self) -> bool:
        """Whether the robot speaks, as the last message said."""
        return self._open_since_ns is not None

    def set(self, speaking: bool, stamp_ns: int) -> None:
        """Take in that the robot speaks, or that it does not, from this time on."""
        if stamp_ns < self._last_ns:
            self.forget_after(stamp_ns)
        self._last_ns = stamp_ns
        if speaking and self._open_since_ns is None:
            self._open_since_ns = stamp_ns
        elif not speaking and self._open_since_ns is not None:
            self._closed.append((self._open_since_ns, stamp_ns))
            self._open_since_ns = None

    def forget_after(self, stamp_ns: int) -> None:
        """Forget what began later: time has gone back, as when a bag is played in a loop."""
        kept = [interval for interval in self._closed if interval[0] <= stamp_ns]
        self._closed.clear()
        self._closed.extend(kept)
        if self._open_since_ns is not None and self._open_since_ns > stamp_ns:
            self._open_since_ns = None

    def touches(self, start_ns: int, end_ns: int) -> bool:
        """Return whether the robot spoke, or the hang-over ran, in [start_ns, end_ns]."""
        if self._open_since_ns is not None and self._open_since_ns <= end_ns:
            return True
        return any(start <= end_ns and start_ns <= end + self._hang_over_ns
                   for start, end in self._closed)
