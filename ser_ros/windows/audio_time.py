# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What time it is in the sound, which may have another clock than the node."""

import collections
from typing import Deque

# About 1 s of chunks. The least delayed one of them shows how far the clocks are apart.
_CHUNKS = 50
# Sound that is captured on the node's own clock comes with up to this delay. It is less than what
# SpeakingGate takes for jitter.
_MAX_DELAY_NS = 900000000
_MAX_AHEAD_NS = 50000000
# A step of the stamps beyond this is another recording, or a clock that was set.
_JUMP_NS = 10**9


class AudioTime:
    """Convert times of the node's clock to the time line of the audio's stamps.

    Stamps may come from another computer, or from a file that is played fast. Where they agree
    with the clock as far as any capture does, the clock itself may be right. But sound that comes
    late may also be sound of a clock that is behind. So what begins has an earlier time than what
    ends, and an interval between them holds both readings.
    """

    def __init__(self) -> None:
        self._offsets_ns: Deque[int] = collections.deque(maxlen=_CHUNKS)

    def heard(self, end_ns: int, now_ns: int) -> bool:
        """Take in that there is sound up to a time.

        Args:
            end_ns: end of the newest chunk, by its stamp.
            now_ns: the node's clock.

        Returns:
            Whether a time line begins: with the first sound, and where the stamps jump.
        """
        offset_ns = end_ns - now_ns
        jumped = not self._offsets_ns or abs(offset_ns - self._offsets_ns[-1]) > _JUMP_NS
        if jumped:
            self._offsets_ns.clear()
        self._offsets_ns.append(offset_ns)
        return jumped

    def at(self, now_ns: int) -> int:
        """Return the latest time in the sound for a time of the node's clock."""
        offset_ns = max(self._offsets_ns, default=0)
        if -_MAX_DELAY_NS <= offset_ns <= _MAX_AHEAD_NS:
            return now_ns
        return now_ns + offset_ns

    def since(self, now_ns: int) -> int:
        """Return the earliest time in the sound for a time of the node's clock."""
        return min(self.at(now_ns), now_ns + max(self._offsets_ns, default=0))
