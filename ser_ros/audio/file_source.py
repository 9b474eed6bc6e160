# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An audio file as a stream of chunks."""

import os
from typing import Optional, Union

import numpy as np

from ser_ros.audio.channels import AUTO
from ser_ros.audio.chunker import Chunker
from ser_ros.audio.decoder import KINDS
from ser_ros.audio.format import float_to_int16
from ser_ros.audio.mono import MonoReader
from ser_ros.audio.resample import StreamResampler
from ser_ros.audio.source import AudioSource
from ser_ros.errors import SerError


class FileSource(AudioSource):
    """Read an audio file block by block, never the whole file in memory.

    Its rate is from 8 to 192 kHz and may change inside the file. `MonoReader` makes one channel
    of several.

    The last chunk is filled up with zeros. A file that breaks off gives what can be decoded, and
    a ``warning``.

    Attributes:
        duration_s: length that the file declares, or NaN; at its end, that of what was read.
    """

    def __init__(self, path: Union[str, 'os.PathLike[str]'], loop: bool = False,
                 min_samples: int = 0, channel: str = AUTO):
        """Open the file and decode its beginning.

        Args:
            path: path of the file; ``~`` is the home folder.
            loop: start again at the end, without a gap, and never end.
            min_samples: silence follows a shorter file up to this length, at 16 kHz.
            channel: see `ser_ros.audio.channels.ChannelMixer`.

        Raises:
            SerError: if it is missing, unreadable, empty, no audio, or holds no samples.
        """
        self.description = os.path.expanduser(os.fspath(path))
        self._loop = loop
        self._min_samples = min_samples
        self._channel = channel
        self._chunks = Chunker()
        self._n_samples = 0
        self._ended = False
        self._reader = MonoReader(self.description, channel)
        try:
            self._rate_hz = self._reader.rate_hz
            self._resampler = self._new_resampler()
            self._first = self._reader.read()
            if self._first is None:
                missing = f' ({self._reader.missing})' if self._reader.missing else ''
                raise SerError(f"'{self.description}' contains no audio samples{missing}; give an "
                               f'audio file ({KINDS})')
        except SerError:
            self.close()
            raise

    @property
    def duration_s(self) -> float:
        """Length that the file declares [s], or NaN; at its end, that of what was read."""
        return self._reader.duration_s

    @property
    def warning(self) -> str:  # type: ignore[override]
        """What a person should know about the file so far; empty if there is nothing."""
        return '; '.join(text for text in (self._reader.missing, self._reader.note) if text)

    @property
    def incomplete(self) -> bool:  # type: ignore[override]
        """Whether sound of the file is missing in what was read."""
        return bool(self._reader.missing)

    def read(self) -> Optional[np.ndarray]:
        """Return the next chunk, int16 of shape (320,), or None at the end of the file."""
        chunk = self._chunks.pop()
        while chunk is None and not self._ended:
            self._fill()
            chunk = self._chunks.pop()
        return chunk

    def interrupt(self) -> None:
        """Do nothing: reading a file never waits."""

    def close(self) -> None:
        """Close the file; nothing can be read afterwards."""
        self._ended = True
        self._reader.close()

    def _fill(self) -> None:
        block, self._first = self._first, None
        if block is None:
            block = self._reader.read()
        if block is None and self._loop:
            self._reader.close()
            self._reader = MonoReader(self.description, self._channel)
            block = self._reader.read()
        if block is None:
            self._finish()
            return
        if self._reader.rate_hz != self._rate_hz:
            self._push(self._resampler.flush())
            self._rate_hz = self._reader.rate_hz
            self._resampler = self._new_resampler()
        self._push(self._resampler.push(block))

    def _push(self, samples: np.ndarray) -> None:
        self._n_samples += samples.size
        self._chunks.push(float_to_int16(samples))

    def _finish(self) -> None:
        self._push(self._resampler.flush())
        if self._n_samples < self._min_samples:
            self._push(np.zeros(self._min_samples - self._n_samples, np.float32))
        self._chunks.pad()
        self._ended = True

    def _new_resampler(self) -> StreamResampler:
        try:
            return StreamResampler(self._rate_hz)
        except SerError as error:
            raise SerError(f"cannot use '{self.description}': {error}") from error
