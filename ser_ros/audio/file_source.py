# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An audio file as a stream of chunks."""

import os
from typing import Optional, Union

import numpy as np

from ser_ros.audio.chunker import Chunker
from ser_ros.audio.decoders import KINDS, open_decoder
from ser_ros.audio.format import check_finite, float_to_int16
from ser_ros.audio.resample import StreamResampler
from ser_ros.audio.source import AudioSource
from ser_ros.errors import SerError


class FileSource(AudioSource):
    """Read an audio file block by block, never the whole file in memory.

    Its rate is from 8 to 192 kHz. Of several channels the mean is taken.

    The last chunk is filled up with zeros. A file that breaks off gives what can be decoded, and
    a ``warning``.

    Attributes:
        duration_s: length that the file's header declares, or NaN.
    """

    def __init__(self, path: Union[str, 'os.PathLike[str]'], loop: bool = False,
                 min_samples: int = 0):
        """Open the file and decode its beginning.

        Args:
            path: path of the file; ``~`` is the home folder.
            loop: start again at the end, without a gap, and never end.
            min_samples: silence follows a shorter file up to this length, at 16 kHz.

        Raises:
            SerError: if it is missing, unreadable, empty, no audio, or holds no samples.
        """
        self.description = os.path.expanduser(os.fspath(path))
        self._loop = loop
        self._min_samples = min_samples
        self._chunks = Chunker()
        self._n_samples = 0
        self._ended = False
        self._decoder = open_decoder(self.description)
        try:
            self.duration_s = self._decoder.duration_s
            self._resampler = self._new_resampler()
            self._first = self._decode()
            if self._first is None:
                warning = f' ({self.warning})' if self.warning else ''
                raise SerError(f"'{self.description}' contains no audio samples{warning}; give an "
                               f'audio file ({KINDS})')
        except SerError:
            self.close()
            raise

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
        self._decoder.close()

    def _fill(self) -> None:
        block, self._first = self._first, None
        if block is None:
            block = self._decode()
        if block is None and self._loop:
            self._decoder.close()
            self._decoder = open_decoder(self.description)
            block = self._decode()
        if block is None:
            self._finish()
        else:
            self._push(self._resampler.push(block))

    def _decode(self) -> Optional[np.ndarray]:
        """Return the next block as float32 mono, or None at the end."""
        block = self._decoder.read()
        if block is None:
            self.warning = self._decoder.warning
            return None
        check_finite(block, f"'{self.description}'")
        return block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)

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
            return StreamResampler(self._decoder.rate_hz)
        except SerError as error:
            raise SerError(f"cannot use '{self.description}': {error}") from error
