# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far long work is, with the time left: a bar on a terminal, plain lines elsewhere."""

import contextlib
import sys
import time
from typing import Callable, Iterable, Iterator, Optional, TextIO, TypeVar

import rich.progress
from rich.console import Console
from rich.progress import BarColumn, TextColumn

from ser_ros.messages import one_line

Item = TypeVar('Item')
ShowStep = Callable[[str, Optional[float]], None]

LINE_INTERVAL_S = 30.0
BAR_INTERVAL_S = 0.2
BAR_WIDTH = 30

# Describes the time left from that of the items left and that of all items [s].
_Describe = Callable[[float, float], str]


class Progress:
    """Shows how far work is, in the thread that does it.

    On a terminal this is a bar that goes away at the end. Elsewhere it is a line every half
    minute, so that a log stays short.

    Args:
        stream: where to write; standard error by default.
        clock: returns seconds that only grow.
        hidden: show nothing.
    """

    def __init__(self, stream: Optional[TextIO] = None,
                 clock: Callable[[], float] = time.monotonic, hidden: bool = False) -> None:
        self._clock = clock
        self._round_start: Optional[float] = None
        self._display = _display(stream or sys.stderr, hidden)

    def track(self, items: Iterable[Item], title: str, total: int) -> Iterator[Item]:
        """Yield the items and show how many of ``total`` are done and how long the rest takes."""
        with self.task(title, total) as update:
            yield from _counted(items, update)

    def track_round(self, items: Iterable[Item], title: str, total: int,
                    after: int) -> Iterator[Item]:
        """Do as `track` for one of several rounds, and also show how long all that are left take.

        A round is taken to last as long as from the start of the last one to the start of this
        one, with what was done in between. In the first round it is the round's own items.

        Args:
            items: what to do in this round.
            title: name of the round.
            total: number of items.
            after: number of rounds that come after this one.
        """
        start = self._clock()
        before_s = None if self._round_start is None else start - self._round_start
        self._round_start = start

        def describe(left_s: float, whole_s: float) -> str:
            all_s = left_s + after * (whole_s if before_s is None else before_s)
            return f'{format_duration(left_s)} left, {format_duration(all_s)} in all'

        with self._task(title, total, describe) as update:
            yield from _counted(items, update)

    @contextlib.contextmanager
    def task(self, title: str, total: int) -> Iterator[Callable[[float], None]]:
        """Show one task; the context is a function that takes how much of ``total`` is done.

        Args:
            title: what is being done.
            total: number of parts of the task; a part may be done by a fraction.
        """
        def describe(left_s: float, _: float) -> str:
            return f'{format_duration(left_s)} left'

        with self._task(title, total, describe) as update:
            yield update

    @contextlib.contextmanager
    def _task(self, title: str, total: int,
              describe: _Describe) -> Iterator[Callable[[float], None]]:
        start = shown = self._clock()

        def update(done: float) -> None:
            nonlocal shown
            now = self._clock()
            if done > 0 and now - shown >= self._display.interval_s:
                shown = now
                part_s = (now - start) / done
                left = describe(part_s * (total - done), part_s * total)
                self._display.show(title, f'{int(done)}/{total}, {left}', done / total)

        try:
            yield update
        finally:
            self._display.clear()

    @contextlib.contextmanager
    def steps(self, title: str = '') -> Iterator[ShowStep]:
        """Show steps of unknown length; the context is a function that takes the current one.

        Its arguments are the step and the share of it that is done, 0 to 1, or None where that is
        not known. Where there is no terminal, only steps without a share make a line.

        Args:
            title: what consists of these steps.
        """
        last = ''

        def show(step: str, share: Optional[float]) -> None:
            nonlocal last
            if share is not None or step != last:
                self._display.show_step(f'{title}: {step}' if title else step, share)
            last = step

        try:
            yield show
        finally:
            self._display.clear()


def _counted(items: Iterable[Item], update: Callable[[float], None]) -> Iterator[Item]:
    for done, item in enumerate(items, start=1):
        yield item
        update(done)


def _display(stream: TextIO, hidden: bool) -> '_Display':
    if hidden:
        return _Display()
    console = Console(file=stream, highlight=False)
    if console.is_terminal and not console.is_dumb_terminal:
        return _Bar(console)
    return _Lines(stream)


class _Display:
    """A display that shows nothing; the others show something in its methods.

    Attributes:
        interval_s: time from one `show` to the next.
    """

    interval_s = float('inf')

    def show(self, title: str, text: str, share: float) -> None:
        """Show a task of which this share is done."""

    def show_step(self, step: str, share: Optional[float]) -> None:
        """Show a step, with the share of it that is done, or None."""

    def clear(self) -> None:
        """Remove what is shown."""


class _Lines(_Display):
    interval_s = LINE_INTERVAL_S

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, title: str, text: str, share: float) -> None:
        self._write(f'{title}: {text}')

    def show_step(self, step: str, share: Optional[float]) -> None:
        if share is None:
            self._write(step)

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # work goes on where nobody listens
            self._stream.write(one_line(text) + '\n')
            self._stream.flush()


class _Bar(_Display):
    """A bar that is drawn in the caller's thread: a thread of its own would slow the work down."""

    interval_s = BAR_INTERVAL_S

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Optional[rich.progress.Progress] = None

    def show(self, title: str, text: str, share: float) -> None:
        self._draw(title, text, share)

    def show_step(self, step: str, share: Optional[float]) -> None:
        self._draw(step, '' if share is None else f'{share:.0%}', share)

    def _draw(self, title: str, text: str, share: Optional[float]) -> None:
        if self._bar is None:
            self._bar = rich.progress.Progress(
                TextColumn('{task.description}', markup=False), BarColumn(BAR_WIDTH),
                TextColumn('{task.fields[text]}', markup=False), console=self._console,
                auto_refresh=False, transient=True, redirect_stdout=False)
            self._bar.start()
        for task in self._bar.task_ids:
            self._bar.remove_task(task)
        # This draws it. Without a total, rich shows work of unknown length.
        self._bar.add_task(one_line(title), total=None if share is None else 100,
                           completed=round(100 * (share or 0)), text=text)

    def clear(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def format_duration(duration_s: float) -> str:
    """Return the time as m:ss, or h:mm:ss from one hour on."""
    minutes, seconds = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f'{hours}:{minutes:02}:{seconds:02}' if hours else f'{minutes}:{seconds:02}'
