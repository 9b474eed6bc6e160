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
        self._round_start: float | None = None
        self._is_terminal = self._stream.isatty()

    def track(self, items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
        """Yield the items and show how many of ``total`` are done and how long the rest takes."""
        return self._track(items, what, total, lambda left_s, _: format_duration(left_s) + ' left')

    def track_round(self, items: Iterable[Item], what: str, total: int,
                    after: int) -> Iterator[Item]:
        """
        Do as `track` for one of several rounds, and show how long all that are left take as well.

        :param after: number of rounds that come after this one. They are taken to last as long as
            from the start of the last one to that of this, with what was done in between; in the
            first round, as long as this.
        """
        start = self._clock()
        before_s = None if self._round_start is None else start - self._round_start
        self._round_start = start

        def describe(left_s: float, whole_s: float) -> str:
            all_s = left_s + after * (whole_s if before_s is None else before_s)
            return f'{format_duration(left_s)} left, {format_duration(all_s)} in all'
        return self._track(items, what, total, describe)

    def _track(self, items: Iterable[Item], what: str, total: int,
               describe: Callable[[float, float], str]) -> Iterator[Item]:
        start = shown = self._clock()
        interval_s = BAR_INTERVAL_S if self._is_terminal else LINE_INTERVAL_S
        for done, item in enumerate(items, start=1):
            yield item
            now = self._clock()
            if now - shown >= interval_s:
                shown = now
                item_s = (now - start) / done
                self._show(what, done, total, describe(item_s * (total - done), item_s * total))
        if self._is_terminal:
            self._stream.write('\r\033[K')
            self._stream.flush()

    def _show(self, what: str, done: int, total: int, left: str) -> None:
        text = f'{done}/{total}, {left}'
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
