# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the stamps of the sound are of another clock than the node's."""

import time
from typing import Callable, Optional

from rclpy.impl.rcutils_logger import RcutilsLogger

from ser_ros.audio.format import NS_PER_S

# Sound that is captured on the node's clock comes sooner, and never ahead of it.
MAX_OFFSET_S = 2.0
# Sound may have waited in a queue at first, so the least offset of this time counts.
MEASURED_S = 2.0
# A step of the stamps against the clock beyond this is measured again: a clock may have been set.
_JUMP_NS = int(MAX_OFFSET_S * NS_PER_S)


class ClockOffset:
    """Notice stamps that are far from the node's clock, from the beginning of their time line on.

    A file that is played fast begins at the time of the clock and runs ahead only then.
    """

    def __init__(self, log: RcutilsLogger, clock: Callable[[], float] = time.monotonic):
        """Know nothing yet.

        Args:
            log: gets a line for each clock.
            clock: a steady clock [s].
        """
        self._log = log
        self._clock = clock
        self._logged_s = 0.0
        self.forget()

    def forget(self) -> None:
        """Begin again with the next sound."""
        self._last_ns: Optional[int] = None
        self._least_ns = 0
        self._since_s = 0.0

    def hear(self, end_ns: int, now_ns: int) -> None:
        """Take in that there is sound up to a time.

        Args:
            end_ns: end of the newest chunk, by its stamp.
            now_ns: the node's clock.
        """
        offset_ns = end_ns - now_ns
        if self._last_ns is None or abs(offset_ns - self._last_ns) > _JUMP_NS:
            self._least_ns = offset_ns
            self._since_s = self._clock()
        elif self._clock() - self._since_s < MEASURED_S:
            self._least_ns = min(self._least_ns, offset_ns, key=abs)
        self._last_ns = offset_ns

    def look(self) -> str:
        """Return how far the stamps are off; '' where they are not. To be called each second."""
        offset_s = self._least_ns / NS_PER_S
        if (self._last_ns is None or abs(offset_s) < MAX_OFFSET_S
                or self._clock() - self._since_s < MEASURED_S):
            return ''
        side = 'ahead of' if offset_s > 0 else 'behind'
        text = (f'the stamps are of another clock, {abs(offset_s):.1f} s {side} that of this node. '
                'The latency is not known, and robot_speaking mutes the sound that arrives with '
                'it. Synchronise the clocks, or use_sim_time with the /clock of a bag')
        if abs(offset_s - self._logged_s) > MAX_OFFSET_S:
            self._logged_s = offset_s
            self._log.warning(text)
        return text
