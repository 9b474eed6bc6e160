# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How ``ser_ros classify`` writes what it heard: as a table, CSV or JSON."""

import abc
import csv
import json
import math
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Sequence, TextIO

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ser_ros.cli.messages import one_line
from ser_ros.cli.tally import Shares
from ser_ros.inference.classifier import Classifier
from ser_ros.offline import ClipEstimate, WindowEstimate

# Room for a table that is not shown in a terminal: as wide as it needs.
_FILE_WIDTH = 1000
# Emotions that are listed for each window.
_TOP = 3
_TEXT_COLUMNS = ('file', 'emotion', 'next', 'probabilities')

Values = Dict[str, Any]


@dataclass(frozen=True)
class FileResult:
    """What was heard in one file; ``duration_s`` is NaN where the file does not tell it."""

    path: str
    duration_s: float
    windows: List[WindowEstimate]
    clip: ClipEstimate


def _shown(path: str) -> str:
    """Return a path that can be written anywhere: file names need not be valid UTF-8."""
    return path.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace')


def _number(value: float) -> Optional[float]:
    """Return a number as JSON and CSV write it: NaN as nothing, no digits without meaning."""
    return round(float(value), 6) if math.isfinite(value) else None


def _by_label(labels: Sequence[str], values: np.ndarray) -> Values:
    return {label: _number(value) for label, value in zip(labels, values)}


def _rounded(shares: Shares) -> Values:
    return {name: _number(share) for name, share in shares.values().items()}


def _file_values(labels: Sequence[str], result: FileResult) -> Values:
    clip = result.clip
    return {
        'file': _shown(result.path),
        'duration_s': _number(result.duration_s),
        'state': clip.state.name,
        'label': clip.label,
        'confidence': _number(clip.confidence),
        'speech_windows': clip.speech_windows,
        'total_windows': len(result.windows),
        'probabilities': _by_label(labels, clip.probabilities),
    }


def _window_values(labels: Sequence[str], window: WindowEstimate) -> Values:
    return {
        'index': window.index,
        'start_s': _number(window.start_s),
        'end_s': _number(window.end_s),
        'state': window.state.name,
        'label': window.label,
        'confidence': _number(window.confidence),
        'speech_probability': _number(window.speech_probability),
        'level_dbfs': _number(window.level_dbfs),
        'pitch_hz': _number(window.pitch_hz),
        'probabilities': _by_label(labels, window.probabilities),
        'raw_probabilities': _by_label(labels, window.raw_probabilities),
    }


class Writer(abc.ABC):
    """
    Takes the results of files one by one and writes them to a stream.

    Attributes:
        shows_progress: results appear in a terminal while the work goes on.
    """

    shows_progress = False

    def __init__(self, stream: TextIO, classifier: Classifier, with_windows: bool) -> None:
        """Take the stream; ``with_windows`` also writes the windows of every file."""
        self._stream = stream
        self._session = classifier.session
        self._labels = list(classifier.labels)
        self._with_windows = with_windows
        self._file_shares = Shares()
        self._window_shares = Shares()

    def add(self, result: FileResult) -> None:
        """Take the result of one file."""
        self._file_shares.add(result.clip.state.name, result.clip.label, self._labels)
        for window in result.windows:
            self._window_shares.add(window.state.name, window.label, self._labels)
        self._add(result)

    @abc.abstractmethod
    def _add(self, result: FileResult) -> None:
        """Write what one file gave, or keep it for `finish`."""

    @abc.abstractmethod
    def finish(self) -> None:
        """Write what is left to write."""


class CsvWriter(Writer):
    """
    One row for each file or, with windows, for each window, as soon as it is known.

    The columns ``probabilities.LABEL`` hold the smoothed probabilities of a window, or the mean
    ones of a file; ``raw_probabilities.LABEL`` those of the window alone.
    """

    def __init__(self, stream: TextIO, classifier: Classifier, with_windows: bool) -> None:
        """See Writer."""
        super().__init__(stream, classifier, with_windows)
        self.shows_progress = stream.isatty()
        self._csv: Optional[csv.DictWriter] = None

    def _add(self, result: FileResult) -> None:
        if not self._with_windows:
            self._write(_file_values(self._labels, result))
            return
        for window in result.windows:
            self._write(dict(file=_shown(result.path), **_window_values(self._labels, window)))

    def _write(self, values: Values) -> None:
        row: Values = {}
        for key, value in values.items():
            if isinstance(value, dict):
                row.update(('{}.{}'.format(key, label), p) for label, p in value.items())
            else:
                row[key] = value
        if self._csv is None:
            self._csv = csv.DictWriter(self._stream, list(row), lineterminator='\n')
            self._csv.writeheader()
        self._csv.writerow(row)
        self._stream.flush()

    def finish(self) -> None:
        """Do nothing: every row is written as soon as it is known."""


class JsonWriter(Writer):
    """One JSON object over all, when all is done; it has no NaN, but null."""

    def __init__(self, stream: TextIO, classifier: Classifier, with_windows: bool) -> None:
        """See Writer."""
        super().__init__(stream, classifier, with_windows)
        self._files: List[Values] = []

    def _add(self, result: FileResult) -> None:
        values = _file_values(self._labels, result)
        if self._with_windows:
            values['windows'] = [_window_values(self._labels, w) for w in result.windows]
        self._files.append(values)

    def finish(self) -> None:
        """Write the object."""
        info = self._session.info
        json.dump({
            'model': {
                'name': info.name, 'version': info.version, 'labels': self._labels,
                'backend': self._session.backend, 'precision': self._session.precision},
            'files': self._files,
            'shares': {
                'files': _rounded(self._file_shares), 'windows': _rounded(self._window_shares)},
        }, self._stream, ensure_ascii=False, allow_nan=False, indent=2)
        self._stream.write('\n')


class TableWriter(Writer):
    """For people: a table of the files, one of the shares and, with windows, one for each file."""

    def __init__(self, stream: TextIO, classifier: Classifier, with_windows: bool) -> None:
        """See Writer."""
        super().__init__(stream, classifier, with_windows)
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
            clip = result.clip
            first, second = (self._top(clip.probabilities) + ['', ''])[:2]
            table.add_row(
                Text(one_line(result.path), overflow='fold'),
                Text(first or 'no speech'),
                Text(second),
                '{}/{}'.format(clip.speech_windows, len(result.windows)),
                '{:.1f} s'.format(result.duration_s) if math.isfinite(result.duration_s) else '')
        return table

    def _windows_table(self, result: FileResult) -> Table:
        table = _table(
            one_line(result.path), 'seconds', 'emotion', 'probabilities', 'speech', 'dBFS', 'Hz')
        for window in result.windows:
            table.add_row(
                '{:.1f}-{:.1f}'.format(window.start_s, window.end_s),
                Text(window.label or window.state.name.replace('_', ' ').lower()),
                Text('  '.join(self._top(window.probabilities)[:_TOP])),
                '{:.0%}'.format(window.speech_probability),
                '{:.0f}'.format(window.level_dbfs),
                '{:.0f}'.format(window.pitch_hz) if math.isfinite(window.pitch_hz) else '')
        return table

    def _shares_table(self) -> Table:
        table = _table('', 'emotion', 'files', 'windows')
        in_windows = self._window_shares.values()
        for name, share in self._file_shares.values().items():
            table.add_row(
                Text(name.replace('_', ' ')), '{:.0%}'.format(share),
                '{:.0%}'.format(in_windows[name]))
        return table

    def _top(self, probabilities: np.ndarray) -> List[str]:
        """Return the emotions with their probabilities, the most probable first."""
        ranked = sorted(zip(probabilities, self._labels), key=lambda pair: -pair[0])
        return ['{} {:.2f}'.format(label, p) for p, label in ranked if p > 0.0]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title and Text(title), title_justify='left', box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, justify='left' if name in _TEXT_COLUMNS else 'right')
    return table


WRITERS: Dict[str, Callable[[TextIO, Classifier, bool], Writer]] = {
    'table': TableWriter, 'csv': CsvWriter, 'json': JsonWriter}
'''The formats by name.'''
