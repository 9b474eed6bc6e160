# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The formats in which ``ser_ros classify`` writes what it heard: a table, CSV or JSON."""

import csv
import json
from typing import Any, Callable, Dict, List, Optional, TextIO

from ser_ros.recognizer import Recognizer
from ser_ros.results import FileResult, flatten, numbers
from ser_ros.sinks.file_table import TableWriter
from ser_ros.sinks.file_writer import Writer

Values = Dict[str, Any]


def _file_values(result: FileResult, with_windows: bool = False) -> Values:
    values = result.to_dict(with_windows)
    # They are reported on standard error.
    del values['warning'], values['error']
    return values


class CsvWriter(Writer):
    """One row for each file or, with windows, for each window, as soon as it is known.

    The columns ``probabilities.LABEL`` hold the smoothed probabilities of a window, or the mean
    ones of a file; ``raw_probabilities.LABEL`` those of the window alone.
    """

    def __init__(self, stream: TextIO, recognizer: Recognizer, with_windows: bool) -> None:
        """See Writer."""
        super().__init__(stream, recognizer, with_windows)
        self.shows_progress = stream.isatty()
        self._csv: Optional[csv.DictWriter] = None

    def _add(self, result: FileResult) -> None:
        values = _file_values(result)
        if not self._with_windows:
            self._write(flatten(values))
            return
        for window in result.windows:
            self._write(dict(file=values['file'], **window.csv_row()))

    def _write(self, row: Values) -> None:
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
        self._files.append(_file_values(result, self._with_windows))

    def finish(self) -> None:
        """Write the object."""
        info = self._recognizer.info
        json.dump({
            'model': {
                'name': info.name, 'version': info.version, 'labels': self._labels,
                'backend': self._recognizer.backend, 'precision': self._recognizer.precision},
            'files': self._files,
            'shares': {
                'files': numbers(self._file_counts.shares()),
                'windows': numbers(self._window_counts.shares())},
        }, self._stream, ensure_ascii=False, allow_nan=False, indent=2)
        self._stream.write('\n')


WRITERS: Dict[str, Callable[[TextIO, Recognizer, bool], Writer]] = {
    'table': TableWriter, 'csv': CsvWriter, 'json': JsonWriter}
'''The formats by name.'''
