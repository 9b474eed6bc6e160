# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The work of ``ser_ros classify``: one audio file after the other."""

import contextlib
import os
from typing import Callable, Iterator, List, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ser_ros.audio.file_source import FileSource
from ser_ros.audio.opening import FILE_ENDINGS
from ser_ros.errors import SerError
from ser_ros.messages import tell
from ser_ros.recognizer import Recognizer
from ser_ros.results import clip_estimate
from ser_ros.sinks.file_writer import FileResult, Writer


class FileClassifier:
    """
    Classify files; one that fails is reported on standard error and the rest goes on.

    Attributes:
        done: number of files that were classified.
        failed: number of files that could not be read, and of folders without audio.
    """

    def __init__(self, recognizer: Recognizer) -> None:
        """Take what listens to all files."""
        self._recognizer = recognizer
        self.done = 0
        self.failed = 0

    def find(self, paths: Sequence[str]) -> List[str]:
        """Return the files among the paths and those in the folders, in the order of the names."""
        return list(self._files(paths))

    def run(self, files: Sequence[str], writer: Writer) -> None:
        """Hand the result of each file to the writer, in their order."""
        with _progress(hidden=writer.shows_progress) as progress:
            bar = progress.add_task('', total=len(files))
            for number, path in enumerate(files):
                def advance(share: float, number: int = number) -> None:
                    progress.update(bar, completed=number + share)

                try:
                    result = self._classify(path, advance)
                except SerError as error:
                    self._fail(str(error))
                else:
                    self.done += 1
                    writer.add(result)
                advance(1.0)

    def _files(self, paths: Sequence[str]) -> Iterator[str]:
        seen = set()
        for path in paths:
            for name in self._audio_files(path) if os.path.isdir(path) else [path]:
                if name not in seen:
                    seen.add(name)
                    yield name

    def _audio_files(self, folder: str) -> List[str]:
        """Return the audio files in a folder and in those inside, in the order of their names."""
        def complain(error: OSError) -> None:
            self._fail(f'cannot read the folder {error.filename}: {error.strerror}')

        found: List[str] = []
        for parent, folders, names in os.walk(folder, onerror=complain):
            folders.sort()
            found.extend(
                os.path.join(parent, name) for name in sorted(names)
                if name.lower().endswith(FILE_ENDINGS) and not name.startswith('.'))
        if not found:
            self._fail(f"no audio files ({' '.join(FILE_ENDINGS)}) in {folder}")
        return found

    def _fail(self, reason: str) -> None:
        self.failed += 1
        tell('error: ' + reason)

    def _classify(self, path: str, advance: Callable[[float], None]) -> FileResult:
        with contextlib.closing(FileSource(path)) as source:
            windows = []
            for window in self._recognizer.source(source):
                windows.append(window)
                # A header with no duration, or a wrong one, gives no share.
                if window.end_s < source.duration_s:
                    advance(window.end_s / source.duration_s)
            if source.warning:
                tell(f'warning: {path}: {source.warning}')
            clip = clip_estimate(self._recognizer.labels, windows)
            return FileResult(path, source.duration_s, windows, clip)


def _progress(hidden: bool) -> Progress:
    """Return a bar on standard error; none unless that is a terminal."""
    console = Console(stderr=True)
    disabled = hidden or not console.is_terminal
    console.quiet = disabled  # rich 12 would end even a disabled bar with an empty line
    return Progress(
        TextColumn('{task.completed:.0f} of {task.total:.0f} files'), BarColumn(),
        TimeRemainingColumn(), console=console, transient=True, redirect_stdout=False,
        disable=disabled)
