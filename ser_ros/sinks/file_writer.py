# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What ``ser_ros classify`` heard in a file, and who takes it."""

import abc
from dataclasses import dataclass
from typing import List, TextIO

from ser_ros.recognizer import Recognizer
from ser_ros.results import ClipEstimate, WindowResult
from ser_ros.sinks.tally import Shares


@dataclass(frozen=True)
class FileResult:
    """What was heard in one file; ``duration_s`` is NaN where the file does not tell it."""

    path: str
    duration_s: float
    windows: List[WindowResult]
    clip: ClipEstimate


class Writer(abc.ABC):
    """
    Takes the results of files one by one and writes them to a stream.

    Attributes:
        shows_progress: results appear in a terminal while the work goes on.
    """

    shows_progress = False

    def __init__(self, stream: TextIO, recognizer: Recognizer, with_windows: bool) -> None:
        """Take the stream; ``with_windows`` also writes the windows of every file."""
        self._stream = stream
        self._recognizer = recognizer
        self._labels = list(recognizer.labels)
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
