# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The formats in which ``ser_ros classify`` writes what it heard: a table, CSV or JSON."""

import csv
import json
import math
from typing import Any, Callable, Dict, List, Optional, Sequence, TextIO

import numpy as np

from ser_ros.recognizer import Recognizer
from ser_ros.results import WindowResult
from ser_ros.sinks.file_table import TableWriter
from ser_ros.sinks.file_writer import FileResult, Writer
from ser_ros.sinks.tally import Shares

Values = Dict[str, Any]


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


def _window_values(labels: Sequence[str], window: WindowResult) -> Values:
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


class CsvWriter(Writer):
    """
    One row for each file or, with windows, for each window, as soon as it is known.

    The columns ``probabilities.LABEL`` hold the smoothed probabilities of a window, or the mean
    ones of a file; ``raw_probabilities.LABEL`` those of the window alone.
    """

    def __init__(self, stream: TextIO, recognizer: Recognizer, with_windows: bool) -> None:
        """See Writer."""
        super().__init__(stream, recognizer, with_windows)
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
                row.update((f'{key}.{label}', p) for label, p in value.items())
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

    def __init__(self, stream: TextIO, recognizer: Recognizer, with_windows: bool) -> None:
        """See Writer."""
        super().__init__(stream, recognizer, with_windows)
        self._files: List[Values] = []

    def _add(self, result: FileResult) -> None:
        values = _file_values(self._labels, result)
        if self._with_windows:
            values['windows'] = [_window_values(self._labels, w) for w in result.windows]
        self._files.append(values)

    def finish(self) -> None:
        """Write the object."""
        info = self._recognizer.info
        json.dump({
            'model': {
                'name': info.name, 'version': info.version, 'labels': self._labels,
                'backend': self._recognizer.backend, 'precision': self._recognizer.precision},
            'files': self._files,
            'shares': {
                'files': _rounded(self._file_shares), 'windows': _rounded(self._window_shares)},
        }, self._stream, ensure_ascii=False, allow_nan=False, indent=2)
        self._stream.write('\n')


WRITERS: Dict[str, Callable[[TextIO, Recognizer, bool], Writer]] = {
    'table': TableWriter, 'csv': CsvWriter, 'json': JsonWriter}
'''The formats by name.'''
