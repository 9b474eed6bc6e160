# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether what a node lives on still comes."""

import time
from typing import Callable, Optional, Tuple

from rclpy.impl.rcutils_logger import RcutilsLogger

from ser_ros.audio.format import NS_PER_S
from ser_ros.nodes.diagnostics import ERROR, WARN

WARN_AFTER_S = 2.0
ERROR_AFTER_S = 10.0
# A longer step of the node's clock is no silence: the clock was set, or /clock has begun.
_JUMP_S = 60.0


class Watchdog:
    """Notice that a stream does not come, on the wall clock and on the node's own clock.

    The two differ in simulated time: a bag may be played fast, and may be paused.
    """

    def __init__(self, what: str, remedy: str, log: RcutilsLogger, now_ns: Callable[[], int],
                 clock: Callable[[], float] = time.monotonic):
        """Watch nothing yet.

        Args:
            what: what is waited for, such as 'sound'.
            remedy: what to look at where it does not come.
            log: gets a line when the silence begins, and one when it ends.
            now_ns: the node's clock.
            clock: a steady clock [s].
        """
        self._what = what
        self._remedy = remedy
        self._log = log
        self._now_ns = now_ns
        self._clock = clock
        self._silent = False
        self._end_ns: Optional[int] = None
        self.start()

    def start(self) -> None:
        """Begin to wait."""
        self._end_ns = None
        self._heard()
        self._silent = False

    def hear(self, start_ns: int) -> None:
        """Take in that something has come.

        Args:
            start_ns: its stamp, or where its window starts.
        """
        if self._end_ns is not None and start_ns > self._end_ns:
            self._end_ns = None
        self._heard()

    def rest_after(self, end_ns: int) -> None:
        """Take in that a file ends at this time: nothing is missed until there is later sound."""
        self._end_ns = end_ns

    def _heard(self) -> None:
        self._heard_s = self._clock()
        self._heard_ns = self._last_ns = self._now_ns()

    def _silence_s(self) -> float:
        now_ns = self._now_ns()
        if not 0 <= now_ns - self._last_ns <= _JUMP_S * NS_PER_S:
            self._heard_ns = now_ns
        self._last_ns = now_ns
        return max(self._clock() - self._heard_s, (now_ns - self._heard_ns) / NS_PER_S)

    def look(self) -> Optional[Tuple[bytes, str]]:
        """Return level and text where nothing comes; to be called about once a second."""
        silence_s = self._silence_s()
        silent = silence_s >= WARN_AFTER_S and self._end_ns is None
        if silent != self._silent:
            self._silent = silent
            if silent:
                self._log.warning(f'no {self._what} for {silence_s:.0f} s. {self._remedy}')
            else:
                self._log.info(f'{self._what}: comes again')
        if not silent:
            return None
        level = WARN if silence_s < ERROR_AFTER_S else ERROR
        return level, f'no {self._what} for {silence_s:.0f} s. {self._remedy}'
