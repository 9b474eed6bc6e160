# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The messages of the other package audio_common_msgs, which whisper_ros uses.

AudioStamped holds its format, as PortAudio numbers it, and the samples in the list of that type.
AudioData holds the lists alone.
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
        SerError: the number of the format is not one of PortAudio's, or the message has no list
            of that type.
    """
    audio = message.audio
    # Older versions of the package name the field otherwise.
    data = audio.audio_data if hasattr(audio, 'audio_data') else audio.audio
    layout = _LAYOUTS.get(audio.info.format)
    if layout is None or not hasattr(data, layout.field):
        known = [str(number) for number, each in _LAYOUTS.items() if hasattr(data, each.field)]
        raise SerError(f'the format of the audio is {audio.info.format}; allowed: a number of '
                       f'PortAudio: {listed(known)}')
    return (Chunk(message.header, Data(_pcm(data, layout))),
            (audio.info.channels, audio.info.rate, layout.name, 'WAVE'))


def convert_plain(data: Any) -> Tuple[bytes, str]:
    """Return the samples of a message as plain PCM, and their sample format.

    Args:
        data: audio_common_msgs/AudioData.

    Raises:
        SerError: none or several of the lists hold samples.
    """
    filled = [layout for layout in _LAYOUTS.values() if len(getattr(data, layout.field, ()))]
    if len(filled) != 1:
        fields = listed(layout.field for layout in filled) if filled else 'none of the lists'
        raise SerError(f'{fields} of AudioData hold samples; exactly one list has to')
    return _pcm(data, filled[0]), filled[0].name


def _pcm(data: Any, layout: _Layout) -> bytes:
    samples = np.asarray(getattr(data, layout.field), layout.dtype)
    if layout is _LAYOUTS[_INT24]:
        samples = samples << 8
    return samples.tobytes()
