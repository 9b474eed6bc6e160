# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Audio files decoded block by block: by libsndfile, and by FFmpeg for what that cannot read."""

import soundfile

from ser_ros.audio.decoder import Decoder
from ser_ros.audio.ffmpeg_decoder import FfmpegDecoder
from ser_ros.audio.soundfile_decoder import SoundfileDecoder
from ser_ros.errors import SerError
from ser_ros.files import check_regular


def open_decoder(path: str) -> Decoder:
    """Open an audio file with the first decoder that can read all of it.

    Raises:
        SerError: if it is missing, unreadable, empty or not audio; the text names the file.
    """
    _check_file(path)
    try:
        decoder = SoundfileDecoder(path)
    except soundfile.SoundFileError:
        return FfmpegDecoder(path)
    if not decoder.overlooks:
        return decoder
    try:
        other = FfmpegDecoder(path)
    except SerError:
        return decoder  # a part of the sound is better than nothing
    decoder.close()
    return other


def _check_file(path: str) -> None:
    try:
        status = check_regular(path)
        with open(path, 'rb'):
            pass
    except OSError as error:
        raise SerError(f"cannot read '{path}': {error.strerror}") from error
    if status.st_size == 0:
        raise SerError(f"cannot read '{path}': the file is empty (0 bytes)")
