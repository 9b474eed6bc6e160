# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Audio files decoded by libsndfile."""

from typing import Any, Optional

import numpy as np
import soundfile

from ser_ros.audio import mp3_frames
from ser_ros.audio.decoder import KINDS, Decoder
from ser_ros.audio.file_parts import find_parts
from ser_ros.errors import SerError

BLOCK_FRAMES = 4096
# libsndfile's number of frames where the header does not say it (SF_COUNT_MAX).
_UNKNOWN_FRAMES = 2 ** 62
# By how much the frames of an MP3 file may exceed its length: what the encoder pads is less.
_PADDING_S = 0.2


class _ForwardSoundFile(soundfile.SoundFile):
    """A sound file that is read from start to end.

    soundfile seeks to where it already is after every read of a file that can seek. In an MP3
    that loses the bits that a frame borrows from earlier ones: every block would begin with
    noise. A truncated FLAC would fail before its last samples.
    """

    def seekable(self) -> bool:
        return False


class SoundfileDecoder(Decoder):
    """Decode with libsndfile.

    Attributes:
        overlooks: whether there may be sound that libsndfile does not find in the file.
    """

    def __init__(self, path: str):
        """Open the file.

        Raises:
            soundfile.SoundFileError: if libsndfile does not know the format.
        """
        self._sources, self._missing, self.note = find_parts(path)
        self._parts_read = 0
        self._frames = 0
        self._open(path)
        self.is_float_pcm = self._file.subtype in ('FLOAT', 'DOUBLE')
        self.channels = self._file.channels
        self._declared: Optional[int] = self._file.frames
        # It sees no sound behind a header that was never completed; for WAV, find_parts does.
        self.overlooks = self._file.frames == 0 and not self._file.format.startswith('WAV')
        if self._file.frames >= _UNKNOWN_FRAMES or len(self._sources) > 1:
            self._declared = None
        elif self._file.format == 'MP3':
            self._count_mp3(path)
        if self._declared is not None:
            self.duration_s = self._declared / self.rate_hz

    def read(self) -> Optional[np.ndarray]:
        """Return the next float32 samples of shape (n, channels), or None at the end."""
        while True:
            try:
                block = self._file.read(BLOCK_FRAMES, dtype='float32', always_2d=True)
            except soundfile.SoundFileError as error:
                self.warning = self._breaks_off(str(error))
                return None
            if len(block):
                self._frames += len(block)
                return block
            if self._parts_read == len(self._sources):
                self._check_length()
                return None
            self._close_part()
            try:
                self._open('')
            except soundfile.SoundFileError as error:
                self.warning = self._breaks_off(str(error))
                return None

    def close(self) -> None:
        """Close the file."""
        self._close_part()
        for source in self._sources[self._parts_read:]:
            _close(source)

    def _open(self, path: str) -> None:
        """Open the next recording in the file."""
        source = self._sources[self._parts_read]
        self._parts_read += 1
        try:
            self._file = _ForwardSoundFile(source)
        except TypeError as error:
            # Headerless formats, chosen by the file's ending, would need a rate to be given.
            raise SerError(f"cannot read '{path}': the file has no header with its format; "
                           f'use one of {KINDS}') from error
        self.rate_hz = self._file.samplerate

    def _close_part(self) -> None:
        self._file.close()
        _close(self._sources[self._parts_read - 1])

    def _count_mp3(self, path: str) -> None:
        frames = mp3_frames.count(path)
        self.overlooks = frames.samples - self._file.frames > _PADDING_S * self.rate_hz
        if frames.samples and not frames.declared:
            self._declared = frames.samples

    def _check_length(self) -> None:
        if self.overlooks and self._frames:
            self.warning = self._breaks_off('more sound follows than its header declares; install '
                                            'PyAV (pip install av) to read all of it')
        elif self._declared is not None and self._frames + BLOCK_FRAMES < self._declared:
            self.warning = self._breaks_off('the file is truncated')
        else:
            self.warning = self._missing

    def _breaks_off(self, reason: str) -> str:
        of = '' if self._declared is None else f' of {self.duration_s:.2f} s'
        return f'ends early, after {self._frames / self.rate_hz:.2f} s{of}: {reason}'


def _close(source: Any) -> None:
    if not isinstance(source, bytes):
        source.close()
