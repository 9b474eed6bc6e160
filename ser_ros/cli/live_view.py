# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What the graph hears, live: a view in a terminal, one line an emotion elsewhere.

It takes plain values, with the keys that the observer gives, so it needs no ROS.
"""

import math
from collections import deque
from typing import Any, Deque, List, Mapping, Optional, Tuple

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.constrain import Constrain
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ser_ros.cli import plain_lines
from ser_ros.cli.tally import NO_SPEECH, UNCERTAIN, Summary, Tally

Values = Mapping[str, Any]

# Range of the level meter.
_QUIETEST_DBFS = -60.0
# The newest sound is shown as speech from this probability on.
_SPEECH = 0.5
_EVENTS_KEPT = 8
# Lines of the view beside the emotions and the events.
_FIXED_LINES = 8
# Lines that are kept free for the latest event.
_EVENT_LINES = 2
_SUMMARY_WIDTH = 60


class Bar:
    """A bar over the whole width it is given, filled up to a share of 0 to 1."""

    def __init__(self, share: float, style: str = 'cyan') -> None:
        """Fill the bar in this style; the rest is dim."""
        self._share = share
        self._style = style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it in blocks, or in ASCII where the terminal knows no others."""
        filled, empty = '#.' if options.ascii_only else '\u2588\u2591'
        count = int(round(self._share * options.max_width))
        yield Text.assemble(
            (filled * count, self._style), (empty * (options.max_width - count), 'dim'))


class LiveView:
    """
    Show emotions, level and mitigations as they come; a context manager.

    Not thread-safe: call it from one thread.
    """

    def __init__(self, console: Optional[Console] = None) -> None:
        """
        Show nothing yet.

        :param console: where to show it; standard output where None.
        """
        self._console = console or Console(highlight=False)
        self._drawn = self._console.is_terminal and not self._console.is_dumb_terminal
        self._tally = Tally()
        self._live: Optional[Live] = None
        self._emotion: Optional[Values] = None
        self._origin_s = math.nan
        self._served: Tuple[str, ...] = ()
        self._level: Tuple[float, float] = (-math.inf, 0.0)
        self._events: Deque[Values] = deque(maxlen=_EVENTS_KEPT)

    def __enter__(self) -> 'LiveView':
        """Begin to draw."""
        if self._drawn:
            # Drawn when something comes in, twice a second: that needs no thread of its own.
            self._live = Live(self, console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: Any) -> None:
        """Stop to draw, and leave the terminal as it was."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def update(self, emotion: Values) -> None:
        """Show an emotion."""
        self._tally.add(emotion)
        if self._emotion is None or emotion['stamp_s'] < self._emotion['stamp_s']:
            self._origin_s = emotion['window_start_s']
        self._emotion = emotion
        served = (emotion['model'], emotion['backend'], emotion['precision'])
        if served != self._served:
            self._served = served
            self._print(plain_lines.served(*served))
        self._print(plain_lines.emotion(self._time_s(emotion), emotion))
        self._draw()

    def level(self, level_dbfs: float, speech: float) -> None:
        """Show the level of the newest sound and its speech probability, [0, 1]."""
        self._level = (level_dbfs, float(speech))
        self._draw()

    def mitigation(self, event: Values) -> None:
        """Show a step in the answer to a negative emotion."""
        self._tally.add_mitigation(event)
        self._events.append(event)
        self._print(plain_lines.mitigation(self._time_s(event), event))
        self._draw()

    def summary(self) -> Summary:
        """Return what it came to so far."""
        return self._tally.summary()

    def print_summary(self) -> None:
        """Show what it came to."""
        if self._drawn:
            self._console.print(_summary(self.summary()))
        else:
            for line in plain_lines.summary(self.summary()):
                self._print(line)

    def _time_s(self, values: Values) -> float:
        return values['stamp_s'] - self._origin_s

    def _print(self, line: str) -> None:
        if not self._drawn:
            self._console.file.write(line + '\n')
            self._console.file.flush()

    def _draw(self) -> None:
        if self._live is not None:
            self._live.refresh()

    def __rich_console__(self, console: Console, _: ConsoleOptions) -> RenderResult:
        """Draw what is known now, in as many lines as there is room for."""
        emotion = self._emotion
        if emotion is None:
            yield self._meter()
            yield Text('waiting for the first window', style='dim')
            return
        room = console.height - _FIXED_LINES
        shown = _most_probable(emotion, max(1, room - _EVENT_LINES))
        yield _header(self._served, emotion['latency_s'], self._tally.lost)
        yield self._meter()
        yield Text()
        yield _headline(emotion)
        yield Text()
        yield _bars(emotion, shown)
        yield Text()
        yield from self._event_lines(room - len(shown))

    def _meter(self) -> RenderableType:
        level_dbfs, speech = self._level
        share = min(1.0, max(0.0, 1.0 - level_dbfs / _QUIETEST_DBFS))
        spoken = speech >= _SPEECH
        grid = Table.grid(expand=True, padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(ratio=1)
        grid.add_column(justify='right', no_wrap=True, width=9)
        grid.add_column(no_wrap=True, width=9)
        grid.add_row(
            'level', Bar(share, 'green'),
            '{:.0f} dBFS'.format(level_dbfs) if math.isfinite(level_dbfs) else '- dBFS',
            Text('speech', style='bold green') if spoken else Text('no speech', style='dim'))
        return grid

    def _event_lines(self, room: int) -> List[Text]:
        """Return the newest events that fit, the newest last."""
        lines: List[Text] = []
        for event in reversed(self._events):
            rows = _event(self._time_s(event), event)
            if len(lines) + len(rows) > room:
                break
            lines = rows + lines
        return lines


def _header(served: Tuple[str, ...], latency_s: float, lost: int) -> RenderableType:
    grid = Table.grid(expand=True)
    grid.add_column(ratio=1, no_wrap=True, overflow='ellipsis')
    grid.add_column(justify='right', no_wrap=True)
    losses = 'lost {}, '.format(lost) if lost else ''
    grid.add_row(
        Text(' '.join(served), style='dim'),
        Text(' {}latency {}'.format(losses, _milliseconds(latency_s)), style='dim'))
    return grid


def _headline(emotion: Values) -> Text:
    if emotion['state'] == 'EMOTION':
        return Text.assemble(
            (emotion['label'], 'bold green'), ' {:.0%}'.format(emotion['confidence']))
    if emotion['state'] == 'UNCERTAIN':
        return Text('uncertain, {:.0%}'.format(emotion['confidence']), style='yellow')
    return Text('no speech', style='dim')


def _most_probable(emotion: Values, count: int) -> List[int]:
    """Return the positions of the most probable emotions that fit, in the model's order."""
    probabilities = emotion['probabilities']
    ranked = sorted(range(len(probabilities)), key=lambda i: -probabilities[i])
    return sorted(ranked[:count])


def _bars(emotion: Values, shown: List[int]) -> RenderableType:
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(no_wrap=True, overflow='ellipsis', max_width=24)
    grid.add_column(ratio=1)
    grid.add_column(justify='right', no_wrap=True, width=4)
    for index in shown:
        label, probability = emotion['labels'][index], emotion['probabilities'][index]
        current = label == emotion['label']
        grid.add_row(
            Text(label, style='bold green' if current else ''),
            Bar(probability, 'green' if current else 'cyan'),
            '{:.2f}'.format(probability))
    return grid


def _event(time_s: float, event: Values) -> List[Text]:
    heading = Text.assemble(
        ('{:8.1f} s  '.format(time_s), 'dim'),
        (event['phase'].replace('_', ' ').lower(), 'bold magenta'),
        '  {}, {}'.format(event['emotion'], event['strategy']),
        no_wrap=True, overflow='ellipsis')
    if not event['text']:
        return [heading]
    return [heading, Text('  ' + event['text'], no_wrap=True, overflow='ellipsis')]


def _milliseconds(duration_s: float) -> str:
    return '{:.0f} ms'.format(duration_s * 1e3) if math.isfinite(duration_s) else 'not measured'


def _summary(summary: Summary) -> RenderableType:
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(no_wrap=True, overflow='ellipsis', max_width=24)
    grid.add_column(justify='right', no_wrap=True, width=4)
    grid.add_column(ratio=1)
    for name, share in summary.shares.items():
        style = 'dim' if name in (UNCERTAIN, NO_SPEECH) else ''
        grid.add_row(
            Text(name.replace('_', ' '), style=style), '{:.0%}'.format(share),
            Bar(share))
    episodes = ', '.join(
        '{} {}'.format(count, name) for name, count in summary.episodes.items())
    return Group(
        Text('{} windows, {:.1f} s of audio'.format(summary.windows, summary.duration_s),
             style='bold'),
        Constrain(grid, _SUMMARY_WIDTH),
        Text('latency: p50 {}, p95 {}'.format(
            _milliseconds(summary.latency_p50_s), _milliseconds(summary.latency_p95_s))),
        Text('lost windows: {}'.format(summary.lost)),
        Text('mitigation episodes: {}'.format(episodes or 'none')))
