# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Audio files decoded block by block: by libsndfile, and by FFmpeg for what that cannot read."""

import os
from typing import Any, Optional, Union

import numpy as np
import soundfile

from ser_ros.audio.blocks import BlockReader
from ser_ros.errors import SerError
from ser_ros.files import check_regular

KINDS = 'wav, flac, ogg, opus, mp3, and with PyAV also m4a and whatever else FFmpeg reads'

BLOCK_FRAMES = 4096


class _ForwardSoundFile(soundfile.SoundFile):
    """A sound file that is read from start to end.

    soundfile seeks to where it already is after every read of a file that can seek. In an MP3
    that loses the bits that a frame borrows from earlier ones: every block would begin with
    noise. A truncated FLAC would fail before its last samples.
    """

    def seekable(self) -> bool:
        return False


class SoundfileDecoder(BlockReader):
    """Decode with libsndfile.

    Attributes:
        rate_hz: sample rate of the file.
        duration_s: length that its header declares, or NaN.
        warning: why decoding stopped before that, or an empty string.
    """

    def __init__(self, path: str):
        """Open the file.

        Raises:
            soundfile.SoundFileError: if libsndfile does not know the format.
        """
        try:
            # As bytes: a name need not be valid in the system's encoding.
            self._file = _ForwardSoundFile(os.fsencode(path))
        except TypeError as error:
            # Headerless formats, chosen by the file's ending, would need a rate to be given.
            raise SerError(f"cannot read '{path}': the file has no header with its format; "
                           f'use one of {KINDS}') from error
        self.rate_hz = self._file.samplerate
        self.duration_s = self._file.frames / self.rate_hz
        self.warning = ''
        self._frames = 0

    def read(self) -> Optional[np.ndarray]:
        """Return the next float32 samples of shape (n, channels), or None at the end."""
        try:
            block = self._file.read(BLOCK_FRAMES, dtype='float32', always_2d=True)
        except soundfile.SoundFileError as error:
            self.warning = self._breaks_off(str(error))
            return None
        if len(block) == 0:
            if self._frames + BLOCK_FRAMES < self._file.frames:
                self.warning = self._breaks_off('the file is truncated')
            return None
        self._frames += len(block)
        return block

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _breaks_off(self, reason: str) -> str:
        return (f'ends early, after {self._frames / self.rate_hz:.2f} s of '
                f'{self.duration_s:.2f} s: {reason}')


class AvDecoder(BlockReader):
    """Decode with FFmpeg through PyAV; same attributes as `SoundfileDecoder`."""

    def __init__(self, path: str):
        """Open the file.

        Raises:
            SerError: if there is no PyAV, or it finds no audio in the file.
        """
        self._av = _import_av(path)
        self.warning = ''
        self._path = path
        try:
            self._container = self._av.open(path)
        except (self._av.error.FFmpegError, ValueError) as error:
            raise SerError(
                f"cannot read '{path}': unknown audio format; allowed: {KINDS}") from error
        try:
            self._open_stream(path)
        except SerError:
            self.close()
            raise

    def _open_stream(self, path: str) -> None:
        if not self._container.streams.audio:
            raise SerError(f"'{path}' contains no audio")
        self._packed = self._container.decode(self._container.streams.audio[0])
        # What the header says may be half of what the decoder gives (HE-AAC): ask a frame.
        self._first = self._next_frame()
        if self._first is None:
            raise SerError(f"'{path}' contains no audio that can be decoded")
        self.rate_hz = self._first.sample_rate
        duration = self._container.duration
        self.duration_s = float('nan') if duration is None else duration / 1e6

    def read(self) -> Optional[np.ndarray]:
        """Return the next float32 samples of shape (n, channels), or None at the end."""
        frame, self._first = self._first, None
        frame = frame or self._next_frame()
        if frame is None:
            return None
        if frame.sample_rate != self.rate_hz:
            raise SerError(
                f"'{self._path}' changes its sample rate from {self.rate_hz} to "
                f'{frame.sample_rate} Hz; convert it to one rate first')
        return _frame_samples(frame)

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _next_frame(self) -> Any:
        try:
            return next(self._packed, None)
        except self._av.error.FFmpegError as error:
            self.warning = f'ends early: {error}'
            return None


Decoder = Union[SoundfileDecoder, AvDecoder]


def open_decoder(path: str) -> Decoder:
    """Open an audio file with the first decoder that can read it.

    Raises:
        SerError: if it is missing, unreadable, empty or not audio; the text names the file.
    """
    _check_file(path)
    try:
        return SoundfileDecoder(path)
    except soundfile.SoundFileError:
        return AvDecoder(path)


def _check_file(path: str) -> None:
    try:
        status = check_regular(path)
        with open(path, 'rb'):
            pass
    except OSError as error:
        raise SerError(f"cannot read '{path}': {error.strerror}") from error
    if status.st_size == 0:
        raise SerError(f"cannot read '{path}': the file is empty (0 bytes)")


def _import_av(path: str) -> Any:
    try:
        import av
    except ImportError as error:
        raise SerError(
            f"cannot read '{path}': libsndfile does not know this format (it reads wav, flac, ogg, "
            'opus and mp3); for other formats install PyAV (pip install av)') from error
    return av


def _frame_samples(frame: Any) -> np.ndarray:
    samples = frame.to_ndarray()
    channels = len(frame.layout.channels)
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, channels)
    if samples.dtype.kind == 'f':
        return samples.astype(np.float32)
    bits = 8 * samples.dtype.itemsize
    offset = 1.0 if samples.dtype.kind == 'u' else 0.0
    return samples.astype(np.float32) * np.float32(0.5 ** (bits - 1)) - np.float32(offset)
