# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When the robot itself was speaking, so that it does not hear its own emotions."""

import collections
from typing import Deque, Optional, Tuple

from ser_ros.windows.audio_time import AudioTime
from ser_ros.windows.speakers import NEVER, Speakers

KEPT_INTERVALS = 64
# The relation of the clock to the sound is measured, so time may seem to go back a little.
_JITTER_NS = 10**9


class SpeakingGate:
    """Remember the intervals in which the robot spoke, in audio time.

    Args:
        hang_over_s: how long after its end an interval still mutes [s]: the tail of the
            loudspeaker's sound and of the room's echo.
        timeout_s: after this time without a message nobody speaks any more [s]; NEVER: see
            `Speakers`.
    """

    def __init__(self, hang_over_s: float, timeout_s: float = NEVER):
        self._time = AudioTime()
        self._speakers = Speakers(timeout_s)
        self._timeout_s = timeout_s
        self._hang_over_ns = int(hang_over_s * 1e9)
        # (start_ns, end_ns)
        self._closed: Deque[Tuple[int, int]] = collections.deque(maxlen=KEPT_INTERVALS)
        self._open_since_ns: Optional[int] = None
        self._last_ns = 0

    @property
    def speaking(self) -> bool:
        """Whether the robot speaks, as the last message said."""
        return self._open_since_ns is not None

    @property
    def problem(self) -> str:
        """Somebody said that he speaks, and then nothing more for too long; '' if nobody did."""
        if self._speakers.lapsed_ns is None:
            return ''
        return ('robot_speaking was true and has not been repeated for '
                f'{self._timeout_s:g} s; it counts as false')

    def hear(self, speaks: bool, now_ns: int, sequence: int = 0) -> None:
        """Take in a message of somebody who makes the robot talk.

        Args:
            speaks: what it says.
            now_ns: when it came, by the node's clock.
            sequence: its number, see `Speakers.hear`.
        """
        self._speakers.hear(speaks, now_ns, sequence)
        speaking = self._speakers.speaking
        self.set(speaking, self._time.since(now_ns) if speaking else self._time.at(now_ns))

    def follow(self, end_ns: int, now_ns: int) -> None:
        """Take in that there is sound up to a time; to be called for every chunk.

        Args:
            end_ns: end of the chunk, by its stamp.
            now_ns: the node's clock.
        """
        lapsed_ns = self._speakers.expire(now_ns)
        if lapsed_ns is not None:
            self.set(False, self._time.at(lapsed_ns))
        if self._time.heard(end_ns, now_ns) and self._speakers.speaking:
            # Whoever speaks does so in the new time line as well.
            self._open_since_ns = min(end_ns, self._time.since(now_ns))

    def set(self, speaking: bool, stamp_ns: int) -> None:
        """Take in that the robot speaks, or that it does not, from this audio time on."""
        if self._last_ns - _JITTER_NS < stamp_ns < self._last_ns:
            stamp_ns = self._last_ns
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
