# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keep every emotion and mitigation in a file: CSV for spreadsheets, JSON Lines for programs."""

import csv
import json
import math
import os
from typing import Any, Dict, Optional, TextIO, Union

from ser_ros.errors import SerError
from ser_ros.output_file import open_output

FORMATS = ('.csv', '.jsonl')
EMOTION_COLUMNS = (
    'stamp_s', 'window_start_s', 'sequence', 'state', 'label', 'confidence',
    'speech_probability', 'valence', 'arousal', 'latency_s', 'frame_id', 'model', 'backend',
    'precision')
MITIGATION_COLUMNS = (
    'phase', 'episode', 'emotion', 'duration_s', 'strategy', 'text', 'language')


def _plain(value: Any) -> Any:
    # JSON has no NaN.
    return None if isinstance(value, float) and not math.isfinite(value) else value


class JsonLinesRecord:
    """One JSON object a line, with ``kind`` emotion or mitigation."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, kind: str, values: Dict[str, Any]) -> None:
        """Write one emotion or mitigation; a line is complete when this returns."""
        row = {key: _plain(value) for key, value in values.items()}
        json.dump(dict(row, kind=kind), self._stream, ensure_ascii=False, sort_keys=True)
        self._stream.write('\n')
        self._stream.flush()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


class CsvRecord:
    """One table for both kinds; the first column says which.

    There are two columns for each emotion, its smoothed and its raw probability, so the header is
    written with the first emotion, and a mitigation never comes before one.
    """

    def __init__(self, stream: TextIO):
        self._stream = stream
        self._writer: Optional[csv.DictWriter] = None

    def write(self, kind: str, values: Dict[str, Any]) -> None:
        """Write one emotion or mitigation; a row is complete when this returns."""
        row = {key: value for key, value in values.items() if not isinstance(value, (list, tuple))}
        labels = values.get('labels', ())
        for prefix, key in (('p_', 'probabilities'), ('raw_', 'raw_probabilities')):
            row.update(zip((prefix + label for label in labels), values.get(key, ())))
        if self._writer is None:
            columns = ('kind',) + EMOTION_COLUMNS + MITIGATION_COLUMNS
            columns += tuple('p_' + label for label in labels)
            columns += tuple('raw_' + label for label in labels)
            self._writer = csv.DictWriter(self._stream, columns, extrasaction='ignore')
            self._writer.writeheader()
        self._writer.writerow(dict(row, kind=kind))
        self._stream.flush()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


Record = Union[CsvRecord, JsonLinesRecord]


def open_record(path: str) -> Record:
    """Return a record that writes to the file.

    Raises:
        SerError: if its name ends in neither .csv nor .jsonl, or it can't be written.
    """
    ending = os.path.splitext(path)[1].lower()
    if ending not in FORMATS:
        raise SerError(f"output {path}: the name must end in {' or '.join(FORMATS)}")
    stream = open_output(path)
    return CsvRecord(stream) if ending == '.csv' else JsonLinesRecord(stream)
