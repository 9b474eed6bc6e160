# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far long work is, with the time left: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO, TypeVar

Item = TypeVar('Item')
LINE_INTERVAL_S = 30.0
BAR_INTERVAL_S = 0.2
BAR_WIDTH = 30


class Progress:
    """
    Shows the progress of loops.

    :param stream: where to write, by default standard error; a bar that redraws itself if that
        is a terminal, else a line every half minute.
    :param clock: seconds that only grow.
    """

    def __init__(self, stream: TextIO | None = None,
                 clock: Callable[[], float] = time.monotonic):
        self._stream = stream or sys.stderr
        self._clock = clock
        self._is_terminal = self._stream.isatty()

    def track(self, items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
        """Yield the items and show how many of ``total`` are done and how long the rest takes."""
        start = shown = self._clock()
        interval_s = BAR_INTERVAL_S if self._is_terminal else LINE_INTERVAL_S
        for done, item in enumerate(items, start=1):
            yield item
            now = self._clock()
            if now - shown >= interval_s:
                shown = now
                self._show(what, done, total, (now - start) / done * (total - done))
        if self._is_terminal:
            self._stream.write('\r\033[K')
            self._stream.flush()

    def _show(self, what: str, done: int, total: int, left_s: float) -> None:
        text = f'{done}/{total}, {format_duration(left_s)} left'
        if self._is_terminal:
            filled = BAR_WIDTH * done // total
            bar = '#' * filled + '.' * (BAR_WIDTH - filled)
            self._stream.write(f'\r\033[K{what} [{bar}] {text}')
        else:
            self._stream.write(f'{what}: {text}\n')
        self._stream.flush()


def format_duration(duration_s: float) -> str:
    """Return the time as m:ss, or h:mm:ss from one hour on."""
    minutes, seconds = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f'{hours}:{minutes:02}:{seconds:02}' if hours else f'{minutes}:{seconds:02}'
