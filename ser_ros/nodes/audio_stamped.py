# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The AudioStamped of the other package audio_common_msgs, which whisper_ros uses.

Each message holds its format, as PortAudio numbers it, and the samples in the list of that type.
"""

from typing import Any, Dict, NamedTuple, Tuple

import numpy as np

from ser_ros.errors import SerError, listed


class _Layout(NamedTuple):
    """Where the samples of a format are, and how we call it."""

    field: str
    dtype: str
    name: str


# By PortAudio's numbers. The 24 bits are the lower ones of 32, so they count as 32 once shifted.
_INT24 = 4
_LAYOUTS: Dict[int, _Layout] = {
    1: _Layout('float32_data', '<f4', 'F32LE'),
    2: _Layout('int32_data', '<i4', 'S32LE'),
    _INT24: _Layout('int24_data', '<i4', 'S32LE'),
    8: _Layout('int16_data', '<i2', 'S16LE'),
    16: _Layout('int8_data', 'i1', 'S8'),
    32: _Layout('uint8_data', 'u1', 'U8'),
}


class Data(NamedTuple):
    """As audio_common_msgs/AudioData of ros-drivers."""

    data: bytes


class Chunk(NamedTuple):
    """As audio_common_msgs/AudioDataStamped of ros-drivers."""

    header: Any
    audio: Data


def convert(message: Any) -> Tuple[Chunk, Tuple[int, int, str, str]]:
    """Return a message as plain PCM, and its format as `check_audio_info` takes it.

    Args:
        message: audio_common_msgs/AudioStamped.

    Raises:
        SerError: the number of the format is not one of PortAudio's.
    """
    audio = message.audio
    layout = _LAYOUTS.get(audio.info.format)
    if layout is None:
        raise SerError(f'the format of the audio is {audio.info.format}; allowed: a number of '
                       f'PortAudio: {listed(map(str, _LAYOUTS))}')
    # Older versions of the package name the field otherwise.
    data = audio.audio_data if hasattr(audio, 'audio_data') else audio.audio
    samples = np.asarray(getattr(data, layout.field), layout.dtype)
    if audio.info.format == _INT24:
        samples = samples << 8
    return (Chunk(message.header, Data(samples.tobytes())),
            (audio.info.channels, audio.info.rate, layout.name, 'WAVE'))
