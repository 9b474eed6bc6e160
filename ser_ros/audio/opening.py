# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Open what a name means: an audio file or a microphone."""

import os

from ser_ros.audio.channels import AUTO
from ser_ros.audio.devices import MICROPHONE
from ser_ros.audio.source import AudioSource

# A name with one of these endings means a file, also where no such file exists: "no such file"
# says more about a mistyped name than "no such microphone".
FILE_ENDINGS = (
    '.wav', '.flac', '.ogg', '.oga', '.opus', '.mp3', '.m4a', '.aac', '.mp4', '.webm', '.mka',
    '.wma', '.aif', '.aiff', '.au', '.caf', '.wave', '.w64', '.rf64', '.bwf', '.aifc', '.snd',
    '.sph', '.nist', '.amr', '.awb', '.3gp', '.3ga', '.3g2', '.m4b', '.m4r', '.m4v', '.mov',
    '.mkv', '.avi', '.ogv', '.weba', '.spx', '.mp2', '.mpga', '.ac3', '.ape', '.wv', '.tta',
    '.qta')


def looks_like_file(device: str) -> bool:
    """Return whether the text names an audio file rather than a microphone."""
    if device in ('', MICROPHONE) or device.isdigit():
        return False
    return (os.path.isfile(device) or os.sep in device or device.startswith('~')
            or device.lower().endswith(FILE_ENDINGS))


def open_source(device: str, loop: bool = False, channel: str = AUTO) -> AudioSource:
    """Open an audio file or a microphone.

    Args:
        device: path of an audio file, or a microphone: empty or 'mic' for the default one, its
            index, or a part of its name.
        loop: repeat a file without end; without effect on a microphone.
        channel: how several channels become one, see `ser_ros.audio.channels.ChannelMixer`.

    Raises:
        SerError: if it cannot be opened; the text says what can.
    """
    # Imported here because each brings a library that the other has no use for.
    if looks_like_file(device):
        from ser_ros.audio.file_source import FileSource
        return FileSource(device, loop, channel=channel)
    from ser_ros.audio.microphone import MicrophoneSource
    return MicrophoneSource(device, channel=channel)
