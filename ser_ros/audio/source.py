# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a microphone and an audio file have in common."""

import abc
import os
from typing import Optional

import numpy as np

from ser_ros.errors import SerError

# A name with one of these endings means a file, also where no such file exists: "no such file"
# tells more about a mistyped name than "no such microphone".
FILE_ENDINGS = (
    '.wav', '.flac', '.ogg', '.oga', '.opus', '.mp3', '.m4a', '.aac', '.mp4', '.webm', '.mka',
    '.wma', '.aif', '.aiff', '.au', '.caf')


# What people write for the default microphone; a file of that name is './mic'.
MICROPHONE = 'mic'


class DeviceLost(SerError):
    """A microphone that was open has stopped to deliver; opening it again may help."""


class AudioSource(abc.ABC):
    """
    A stream of 20 ms chunks of 16 kHz mono.

    Attributes:
        description: what is being read, for people.
        live: True for a microphone: it sets the pace, and what is not read in time is lost.
        overflows: how often audio was lost so far because it was not fetched in time.
        warning: what a person should know about the audio, such as a file that breaks off;
            empty if there is nothing.
        captured_at_s: when the first sample of the latest chunk was captured, on the clock of
            time.monotonic(); NaN for a file.
    """

    description = ''
    live = False
    overflows = 0
    warning = ''
    captured_at_s = float('nan')

    @abc.abstractmethod
    def read(self) -> Optional[np.ndarray]:
        """
        Return the next chunk, int16 of shape (320,), or None if there are no more.

        :raises DeviceLost: if a microphone has stopped to deliver.
        :raises SerError: if a file cannot be decoded any further.
        """

    @abc.abstractmethod
    def interrupt(self) -> None:
        """Make a read that waits for a device return None soon; may be called by any thread."""

    @abc.abstractmethod
    def close(self) -> None:
        """Give file or device back; only the thread that reads may call this."""


def looks_like_file(device: str) -> bool:
    """Tell whether the text names an audio file rather than a microphone."""
    if device in ('', MICROPHONE) or device.isdigit():
        return False
    return (os.path.isfile(device) or os.sep in device or device.startswith('~')
            or device.lower().endswith(FILE_ENDINGS))


def open_source(device: str, loop: bool = False) -> AudioSource:
    """
    Open an audio file or a microphone.

    :param device: path of an audio file, or a microphone: empty or 'mic' for the default one, its
        index, or a part of its name.
    :param loop: repeat a file without end; without effect on a microphone.
    :raises SerError: if it cannot be opened; the text says what can.
    """
    # Imported here because each brings a library that the other has no use for.
    if looks_like_file(device):
        from ser_ros.audio.file_source import FileSource
        return FileSource(device, loop)
    from ser_ros.audio.microphone import MicrophoneSource
    return MicrophoneSource(device)
