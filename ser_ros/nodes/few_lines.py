# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A log that strangers cannot fill."""

import time
from typing import Callable

# What begins is said at once. Problems that change with every message are not all said.
_AT_ONCE = 10
_EVERY_S = 10.0
_LONGEST_LINE = 1000


class FewLines:
    """Hand on a text where it is another one than before, and not too many have come lately."""

    def __init__(self, log: Callable[[str], object],
                 clock: Callable[[], float] = time.monotonic):
        """Hand on nothing yet.

        Args:
            log: takes a text.
            clock: a steady clock [s].
        """
        self._log = log
        self._clock = clock
        self._last = ''
        self._allowed = float(_AT_ONCE)
        self._looked_s = clock()

    def __call__(self, text: str) -> None:
        """Take a text; '' where there is no problem any more."""
        if text == self._last:
            return
        if not text:
            self._last = text
            return
        now_s = self._clock()
        self._allowed = min(_AT_ONCE, self._allowed + (now_s - self._looked_s) / _EVERY_S)
        self._looked_s = now_s
        if self._allowed < 1.0:  # what lasts is said later
            return
        self._allowed -= 1.0
        self._last = text
        self._log(text[:_LONGEST_LINE])
