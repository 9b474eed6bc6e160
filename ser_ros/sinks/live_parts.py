# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of the live view, each drawn of plain values with the observer's keys."""

import math
from typing import Any, List, Mapping, Tuple

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from ser_ros.emotion.counts import NO_SPEECH, UNCERTAIN
from ser_ros.sinks.tally import Summary

Values = Mapping[str, Any]

# A level bar is empty here.
_QUIETEST_DBFS = -60.0
# The newest sound is shown as speech from this probability on.
_SPEECH = 0.5
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


def level_bar(level_dbfs: float, style: str = 'cyan') -> Bar:
    """Return a bar that is full at 0 dBFS."""
    return Bar(min(1.0, max(0.0, 1.0 - level_dbfs / _QUIETEST_DBFS)), style)


def level(level_dbfs: float, speech: float) -> RenderableType:
    """Return the level of the newest sound, and whether it is speech."""
    spoken = speech >= _SPEECH
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_column(justify='right', no_wrap=True, width=9)
    grid.add_column(no_wrap=True, width=9)
    grid.add_row(
        'level', level_bar(level_dbfs, 'green'),
        f'{level_dbfs:.0f} dBFS' if math.isfinite(level_dbfs) else '- dBFS',
        Text('speech', style='bold green') if spoken else Text('no speech', style='dim'))
    return grid


def header(served: Tuple[str, ...], latency_s: float, lost: int) -> RenderableType:
    """Return what serves, and how well: latency and lost windows."""
    grid = Table.grid(expand=True)
    grid.add_column(ratio=1, no_wrap=True, overflow='ellipsis')
    grid.add_column(justify='right', no_wrap=True)
    losses = f'lost {lost}, ' if lost else ''
    grid.add_row(
        Text(' '.join(served), style='dim'),
        Text(f' {losses}latency {_milliseconds(latency_s)}', style='dim'))
    return grid


def headline(emotion: Values) -> Text:
    """Return what is known of the speaker now."""
    if emotion['state'] == 'EMOTION':
        return Text.assemble(
            (emotion['label'], 'bold green'), f" {emotion['confidence']:.0%}")
    if emotion['state'] == 'UNCERTAIN':
        return Text(f"uncertain, {emotion['confidence']:.0%}", style='yellow')
    return Text('no speech', style='dim')


def most_probable(emotion: Values, count: int) -> List[int]:
    """Return the positions of the most probable emotions that fit, in the model's order."""
    probabilities = emotion['probabilities']
    ranked = sorted(range(len(probabilities)), key=lambda i: -probabilities[i])
    return sorted(ranked[:count])


def bars(emotion: Values, shown: List[int]) -> RenderableType:
    """Return a bar for each of the emotions at these positions."""
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
            f'{probability:.2f}')
    return grid


def event_lines(time_s: float, event: Values) -> List[Text]:
    """Return the lines of a step in the answer to a negative emotion."""
    heading = Text.assemble(
        (f'{time_s:8.1f} s  ', 'dim'),
        (event['phase'].replace('_', ' ').lower(), 'bold magenta'),
        f"  {event['emotion']}, {event['strategy']}",
        no_wrap=True, overflow='ellipsis')
    if not event['text']:
        return [heading]
    return [heading, Text('  ' + event['text'], no_wrap=True, overflow='ellipsis')]


def _milliseconds(duration_s: float) -> str:
    return f'{duration_s * 1e3:.0f} ms' if math.isfinite(duration_s) else 'not measured'


def summary_of(summary: Summary) -> RenderableType:
    """Return what it came to."""
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(no_wrap=True, overflow='ellipsis', max_width=24)
    grid.add_column(justify='right', no_wrap=True, width=4)
    grid.add_column(ratio=1)
    for name, share in summary.shares.items():
        style = 'dim' if name in (UNCERTAIN, NO_SPEECH) else ''
        grid.add_row(
            Text(name.replace('_', ' '), style=style), f'{share:.0%}',
            Bar(share))
    episodes = ', '.join(
        f'{count} {name}' for name, count in summary.episodes.items())
    return Group(
        Text(f'{summary.windows} windows, {summary.duration_s:.1f} s of audio',
             style='bold'),
        Constrain(grid, _SUMMARY_WIDTH),
        Text(
            f'latency: p50 {_milliseconds(summary.latency_p50_s)}, p95 '
            f'{_milliseconds(summary.latency_p95_s)}'),
        Text(f'lost windows: {summary.lost}, lost sound: {summary.lost_sound_s * 1e3:.0f} ms'),
        Text(f"mitigation episodes: {episodes or 'none'}"))
