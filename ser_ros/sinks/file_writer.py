# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who takes what ``ser_ros classify`` heard in a file."""

import abc
from typing import TextIO

from ser_ros.emotion.counts import EmotionCounts
from ser_ros.recognizer import Recognizer
from ser_ros.results import FileResult


class Writer(abc.ABC):
    """Takes the results of files one by one and writes them to a stream.

    Attributes:
        files: number of results so far.
        shows_progress: results appear in a terminal while the work goes on.
    """

    shows_progress = False

    def __init__(self, stream: TextIO, recognizer: Recognizer, with_windows: bool) -> None:
        """Take the stream; ``with_windows`` also writes the windows of every file."""
        self._stream = stream
        self._recognizer = recognizer
        self._labels = list(recognizer.labels)
        self._with_windows = with_windows
        self.files = 0
        self._file_counts = EmotionCounts(self._labels)
        self._window_counts = EmotionCounts(self._labels)

    def add(self, result: FileResult) -> None:
        """Take the result of one file."""
        assert result.state is not None, 'a file that could not be read is not for a writer'
        self.files += 1
        self._file_counts.add(result.state.name, result.label)
        for window in result.windows:
            self._window_counts.add(window.state.name, window.label)
        self._add(result)

    @abc.abstractmethod
    def _add(self, result: FileResult) -> None:
        """Write what one file gave, or keep it for `finish`."""

    @abc.abstractmethod
    def finish(self) -> None:
        """Write what is left to write."""
