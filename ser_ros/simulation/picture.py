# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The timeline of one person as a picture."""

from typing import Any, List, Tuple

from ser_ros.plotting import figure
from ser_ros.simulation.hearing import SILENT, SOUNDS
from ser_ros.simulation.record import Record

_COLOURS = {'STARTED': 'tab:red', 'REPEATED': 'tab:orange', 'RECOVERED': 'tab:green',
            'ESCALATED': 'tab:purple'}
_ROWS = ('person', 'episode', 'robot heard', 'faults')


def draw(record: Record, path: str, title: str) -> None:
    """Draw a record.

    Args:
        record: what happened.
        path: a PNG file, or an SVG file by its ending.
        title: what it shows.

    Raises:
        SerError: matplotlib is not installed, or the file cannot be written.
    """
    with figure(path, figsize=(12, 3.6)) as (_, axes):
        end_s = record.duration_s
        for start_s, stop_s, name in moods(record):
            if name != SILENT:
                axes.barh(0, stop_s - start_s, left=start_s, alpha=0.4,
                          color=f'C{SOUNDS.index(name)}' if name in SOUNDS else 'gray')
                axes.text(start_s, 0, name, fontsize=7, va='center', clip_on=True)
        _draw_entries(axes, record)
        axes.set_yticks(range(len(_ROWS)))
        axes.set_yticklabels(_ROWS)
        axes.invert_yaxis()
        axes.set_xlim(0.0, end_s)
        axes.set_xlabel('time [s]')
        axes.set_title(title, fontsize=9)


def _draw_entries(axes: Any, record: Record) -> None:
    for entry in record.sorted_entries():
        at_s, what = entry['t_s'], entry['what']
        if what == 'mitigation':
            axes.plot(at_s, 1, 'o', color=_COLOURS.get(entry['phase'], 'black'))
            axes.text(at_s, 0.75, entry['phase'].lower(), fontsize=6, rotation=30)
        elif what in ('say', 'play'):
            stop_s = min(entry['ends_s'], record.duration_s)
            axes.barh(2, stop_s - at_s, left=at_s, color='tab:orange')
        elif what == 'notify':
            axes.plot(at_s, 2, 'v', color='tab:purple')
        elif what not in ('person', 'gap'):
            axes.plot(at_s, 3, '|', color='black')
            axes.text(at_s, 3, entry.get('fault', what), fontsize=6, rotation=30)


def moods(record: Record) -> List[Tuple[float, float, str]]:
    """Return how the person felt: from, to [s], and the name."""
    marks = [(entry['t_s'], entry['feels']) for entry in record.sorted_entries()
             if entry['what'] == 'person']
    ends = [mark[0] for mark in marks[1:]] + [record.duration_s]
    return [(start_s, stop_s, name) for (start_s, name), stop_s in zip(marks, ends)]
