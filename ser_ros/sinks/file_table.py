# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What ``ser_ros classify`` heard, as tables for people."""

import math
from typing import List, TextIO

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ser_ros.messages import one_line
from ser_ros.recognizer import Recognizer
from ser_ros.results import FileResult
from ser_ros.sinks.file_writer import Writer

# Room for a table that is not shown in a terminal: as wide as it needs.
_FILE_WIDTH = 1000
# Emotions that are listed for each window.
_TOP = 3
_TEXT_COLUMNS = ('file', 'emotion', 'next', 'probabilities')


class TableWriter(Writer):
    """For people: a table of the files, one of the shares and, with windows, one for each file."""

    def __init__(self, stream: TextIO, recognizer: Recognizer, with_windows: bool) -> None:
        """See Writer."""
        super().__init__(stream, recognizer, with_windows)
        width = None if stream.isatty() else _FILE_WIDTH
        self._console = Console(file=stream, highlight=False, width=width)
        self._results: List[FileResult] = []

    def _add(self, result: FileResult) -> None:
        self._results.append(result)

    def finish(self) -> None:
        """Write the tables."""
        if not self._results:
            return
        if self._with_windows:
            for result in self._results:
                self._console.print(self._windows_table(result), '')
        self._console.print(self._files_table(), '')
        self._console.print(self._shares_table())

    def _files_table(self) -> Table:
        table = _table('', 'file', 'emotion', 'next', 'speech', 'length')
        for result in self._results:
            first, second = (self._top(result.probabilities) + ['', ''])[:2]
            table.add_row(
                Text(one_line(result.path), overflow='fold'),
                Text(first or 'no speech'),
                Text(second),
                f'{result.speech_windows}/{len(result.windows)}',
                f'{result.duration_s:.1f} s' if math.isfinite(result.duration_s) else '')
        return table

    def _windows_table(self, result: FileResult) -> Table:
        table = _table(
            one_line(result.path), 'seconds', 'emotion', 'probabilities', 'speech', 'dBFS', 'Hz')
        for window in result.windows:
            table.add_row(
                f'{window.start_s:.1f}-{window.end_s:.1f}',
                Text(window.label or window.state.name.replace('_', ' ').lower()),
                Text('  '.join(self._top(window.probabilities)[:_TOP])),
                f'{window.speech_probability:.0%}',
                f'{window.level_dbfs:.0f}',
                f'{window.pitch_hz:.0f}' if math.isfinite(window.pitch_hz) else '')
        return table

    def _shares_table(self) -> Table:
        table = _table('', 'emotion', 'files', 'windows')
        in_windows = self._window_counts.shares()
        for name, share in self._file_counts.shares().items():
            table.add_row(
                Text(name.replace('_', ' ')), f'{share:.0%}',
                f'{in_windows[name]:.0%}')
        return table

    def _top(self, probabilities: np.ndarray) -> List[str]:
        """Return the emotions with their probabilities, the most probable first."""
        ranked = sorted(zip(probabilities, self._labels), key=lambda pair: -pair[0])
        return [f'{label} {p:.2f}' for p, label in ranked if p > 0.0]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title and Text(title), title_justify='left', box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, justify='left' if name in _TEXT_COLUMNS else 'right')
    return table
