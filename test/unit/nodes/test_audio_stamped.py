# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The messages of the other audio_common_msgs become the PCM that everything else takes."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not sourced')

from ser_ros.audio.format import PcmDecoder, check_audio_info  # noqa: E402
from ser_ros.errors import SerError  # noqa: E402
from ser_ros.nodes.audio_stamped import convert, convert_plain  # noqa: E402

SAMPLES = [0.0, 0.5, -0.5, 0.25]


def message(number, field, values, name='audio_data'):
    info = SimpleNamespace(format=number, channels=1, rate=16000, chunk=len(values))
    audio = SimpleNamespace(info=info, **{name: SimpleNamespace(**{field: values})})
    return SimpleNamespace(header='header', audio=audio)


@pytest.mark.parametrize('number, field, scale, offset', [
    (1, 'float32_data', 1.0, 0), (2, 'int32_data', 2**31, 0), (4, 'int24_data', 2**23, 0),
    (8, 'int16_data', 2**15, 0), (16, 'int8_data', 2**7, 0), (32, 'uint8_data', 2**7, 2**7)])
@pytest.mark.parametrize('name', ['audio_data', 'audio'])
def test_every_format(number, field, scale, offset, name):
    kind = float if number == 1 else int
    values = [kind(sample * scale + offset) for sample in SAMPLES]
    chunk, audio_format = convert(message(number, field, values, name))
    assert chunk.header == 'header'
    assert audio_format[:2] == (1, 16000)
    check_audio_info(*audio_format)
    decoded = PcmDecoder(audio_format[2], 1).push(chunk.audio.data)
    np.testing.assert_allclose(decoded, SAMPLES, atol=1e-6)


def test_a_number_that_portaudio_does_not_have():
    with pytest.raises(SerError, match='the format of the audio is 3; allowed: .* 8$'):
        convert(message(3, 'int16_data', [1]))


def test_a_type_that_the_message_has_no_list_for():
    with pytest.raises(SerError, match='the format of the audio is 4; allowed: .* 8$'):
        convert(message(4, 'int16_data', [1]))


def test_the_list_that_is_filled_says_the_type():
    data = SimpleNamespace(float32_data=[], int16_data=[0, 16384], uint8_data=[])
    assert convert_plain(data) == (np.array([0, 16384], '<i2').tobytes(), 'S16LE')


@pytest.mark.parametrize('lists, reason', [
    ({}, 'none of the lists'), ({'int16_data': [1], 'uint8_data': [1]}, 'int16_data, uint8_data')])
def test_lists_that_do_not_say_the_type(lists, reason):
    with pytest.raises(SerError, match=reason):
        convert_plain(SimpleNamespace(**lists))
