# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The front door for Python: emotions in audio files and in streams of samples, without ROS."""

import contextlib
import logging
import os
from typing import Any, Callable, Iterable, Iterator, List, Union

import numpy as np

from ser_ros.audio.blocks import join_blocks
from ser_ros.audio.channels import AUTO, check_channel
from ser_ros.audio.file_source import FileSource
from ser_ros.audio.finding import find_audio_files
from ser_ros.audio.format import SAMPLE_RATE_HZ, int16_to_float
from ser_ros.emotion_stream import EmotionStream
from ser_ros.errors import SerError
from ser_ros.progress import Progress
from ser_ros.results import (
    EmotionDistribution,
    FileResult,
    WindowResult,
    distribution,
    file_result,
    unreadable_file,
)

LOGGER = logging.getLogger(__name__)
Path = Union[str, 'os.PathLike[str]']


def classify(path: Path, **options: Any) -> Iterator[WindowResult]:
    """Yield what is heard in the windows of an audio file, one after the other.

        >>> import ser_ros
        >>> for window in ser_ros.classify('speech.wav'):
        ...     print(f'{window.end_s:.1f} s: {window.state.name} {window.label}')
        2.6 s: EMOTION neutral
        3.1 s: EMOTION neutral
        ...

    It loads the model for this file alone: for more than one make a `Recognizer`.

    Args:
        path: of the file; any sample rate from 8 to 192 kHz and any number of channels.
        options: of `Recognizer`, such as ``model`` or ``period_s``.

    Raises:
        SerError: if the file cannot be read, or an option is not allowed.
    """
    with Recognizer(**options) as recognizer:
        yield from recognizer.classify(path)


class Recognizer(EmotionStream):
    """Hears emotions in audio files, or in sound that comes piece by piece.

    Files. `predict` sums up one file, `predict_batch` and `predict_directory` many, and
    `analyze_emotions_distribution` says how often each emotion was heard in them::

        >>> import ser_ros
        >>> recognizer = ser_ros.Recognizer(period_s=0.5)
        >>> result = recognizer.predict('speech.wav')
        >>> result.state.name, result.label
        ('EMOTION', 'neutral')
        >>> result.confidence > 0.5, len(result.windows)
        (True, 6)

    A file that cannot be read is a result with its ``error``, and the others are done::

        >>> results = recognizer.predict_batch(['speech.wav', 'silence.wav', 'absent.wav'])
        >>> [result.label for result in results]
        ['neutral', '', '']
        >>> results[2].error
        "cannot read 'absent.wav': No such file or directory"
        >>> recognizer.analyze_emotions_distribution(results).emotion_counts['neutral']
        1

    Windows. The model hears ``window_s`` of sound at a time, a window each ``period_s``::

        >>> for window in recognizer.classify('speech.wav'):
        ...     print(f'{window.start_s:.1f} to {window.end_s:.1f} s: {window.label}')
        0.0 to 2.6 s: neutral
        0.5 to 3.1 s: neutral
        ...

    A stream. Hand over samples as they come, any number of them: float32, 16 kHz, one channel,
    full scale 1.0. A window comes back with the sample that completes it::

        >>> import numpy as np
        >>> microphone = [np.zeros(1600, np.float32)] * 50      # 50 pieces of 0.1 s
        >>> for samples in microphone:
        ...     for window in recognizer.push(samples):
        ...         print(f'{window.end_s:.1f} s: {window.state.name}')
        2.6 s: NO_SPEECH
        3.1 s: NO_SPEECH
        3.6 s: NO_SPEECH
        4.1 s: NO_SPEECH
        4.6 s: NO_SPEECH
        >>> recognizer.reset()          # what comes next is another stream
        >>> recognizer.close()

    It is a context manager, which closes it: ``with ser_ros.Recognizer() as recognizer:``. A file
    is a recording of its own: it resets a stream. All methods are called from one thread.

    Errors are `ser_ros.SerError`; the text says what was given and what is allowed::

        >>> ser_ros.Recognizer(precision='fp64')
        Traceback (most recent call last):
            ...
        ser_ros.errors.SerError: ...'fp64'...
    """

    def __init__(self, *args: Any, channel: str = AUTO, **options: Any) -> None:
        """Load the model.

        Args:
            channel: how several channels of a file become one: 'auto' for their mean, or the
                loudest one where they cancel each other, 'mean', 'loudest', or an index from '0'.
            args, options: of `EmotionStream`.

        Raises:
            SerError: if there is no such model, or a value is not allowed.
        """
        self._channel = check_channel(channel)
        super().__init__(*args, **options)

    def classify(self, path: Path) -> Iterator[WindowResult]:
        """Yield the windows of an audio file, of any sample rate and number of channels.

        A file shorter than a window is followed by silence.

        Raises:
            SerError: if the file is missing, no audio, or cannot be decoded any further.
        """
        with contextlib.closing(FileSource(path, channel=self._channel)) as source:
            yield from self.recording(_samples(source))

    def predict(self, path: Path) -> FileResult:
        """Sum up an audio file: the mean of the probabilities of its windows with speech.

        Raises:
            SerError: as `classify`.
        """
        return self._predict(path, lambda share: None)

    def predict_batch(self, paths: Iterable[Path], show_progress: bool = True) -> List[FileResult]:
        """Sum up audio files, in their order.

        A file that cannot be read is a result with an ``error``. After Ctrl-C the results are
        those of the files that are done.

        Args:
            paths: of the files.
            show_progress: a bar on standard error, or a line each half minute where that is no
                terminal.
        """
        if isinstance(paths, (str, bytes, os.PathLike)):
            raise SerError(f'predict_batch takes a list of files, got {paths!r}; use predict for '
                           'one file or predict_directory for a folder')
        paths = list(paths)
        results: List[FileResult] = []
        progress = Progress(hidden=not show_progress)
        try:
            with progress.task('files', len(paths)) as update:
                for result in self.predict_each(paths, update):
                    results.append(result)
        except KeyboardInterrupt:
            LOGGER.warning('interrupted: %d of %d files are done', len(results), len(paths))
        return results

    def predict_directory(self, folder: Path, show_progress: bool = True) -> List[FileResult]:
        """Do as `predict_batch` with all audio files in a folder and below it, sorted by name.

        Args:
            folder: where to look.
            show_progress: see `predict_batch`.

        Raises:
            SerError: if there is none.
        """
        paths = find_audio_files(os.fspath(folder), LOGGER.warning)
        return self.predict_batch(paths, show_progress)

    def predict_each(self, paths: Iterable[Path],
                     on_progress: Callable[[float], None] = lambda done: None,
                     ) -> Iterator[FileResult]:
        """Do as `predict_batch`, but yield each result as soon as it is known.

        Args:
            paths: of the files.
            on_progress: takes how many files are done, with the part of the one under way.
        """
        for number, path in enumerate(paths):
            def advance(share: float, number: int = number) -> None:
                on_progress(number + share)

            try:
                result = self._predict(path, advance)
            except SerError as error:
                result = unreadable_file(os.fspath(path), self.labels, str(error))
            yield result
            advance(1.0)

    def analyze_emotions_distribution(self, results: Iterable[FileResult]) -> EmotionDistribution:
        """Return how often, in which shares and how surely each emotion was heard in files."""
        return distribution(self.labels, results)

    def _predict(self, path: Path, advance: Callable[[float], None]) -> FileResult:
        with contextlib.closing(FileSource(path, channel=self._channel)) as source:
            windows = []
            for window in self.recording(_samples(source)):
                windows.append(window)
                # A header with no duration, or a wrong one, gives no share.
                if window.end_s < source.duration_s:
                    advance(window.end_s / source.duration_s)
            return file_result(
                os.fspath(path), source.duration_s, windows, self.labels, source.warning,
                source.incomplete)


def _samples(source: FileSource) -> Iterator[np.ndarray]:
    """Yield a file's samples a second at a time: in chunks of 20 ms the features cost far more."""
    return map(int16_to_float, join_blocks(source, SAMPLE_RATE_HZ))
