# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""PCM formats: what is decoded, what is refused, and that cuts in the stream do not matter."""

import array

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_ros.audio import format as audio_format
from ser_ros.audio.format import PcmDecoder, check_audio_info, float_to_int16, int16_to_float
from ser_ros.errors import SerError

# Minus full scale, minus a half, zero, a half, and the largest value of each format.
LEVELS = {
    'S8': np.array([-128, -64, 0, 64, 127], 'i1'),
    'U8': np.array([0, 64, 128, 192, 255], 'u1'),
    'S16LE': np.array([-2**15, -2**14, 0, 2**14, 2**15 - 1], '<i2'),
    'S16BE': np.array([-2**15, -2**14, 0, 2**14, 2**15 - 1], '>i2'),
    'S32LE': np.array([-2**31, -2**30, 0, 2**30, 2**31 - 1], '<i4'),
    'S32BE': np.array([-2**31, -2**30, 0, 2**30, 2**31 - 1], '>i4'),
    'F32LE': np.array([-1, -0.5, 0, 0.5, 1], '<f4'),
    'F32BE': np.array([-1, -0.5, 0, 0.5, 1], '>f4'),
}
LEVEL_BYTES = {name: values.tobytes() for name, values in LEVELS.items()}
LEVEL_BYTES['S24LE'] = bytes.fromhex('000080 0000c0 000000 000040 ffff7f')
LEVEL_BYTES['S24BE'] = bytes.fromhex('800000 c00000 000000 400000 7fffff')


def test_one_chunk_is_20_ms():
    assert audio_format.CHUNK_DURATION_S == 0.02


@pytest.mark.parametrize('sample_format', audio_format.SAMPLE_FORMATS)
def test_levels_of_each_format(sample_format):
    samples = PcmDecoder(sample_format, 1).push(LEVEL_BYTES[sample_format])
    assert samples.dtype == np.float32
    assert samples == pytest.approx([-1, -0.5, 0, 0.5, 1], abs=1 / 127)
    assert samples[:4].tolist() == [-1, -0.5, 0, 0.5]


@pytest.mark.parametrize('channels', [1, 2, 8])
def test_mono_is_the_mean_of_the_channels(channels):
    frames = np.arange(10 * channels, dtype='<i2').reshape(10, channels) * 100
    samples = PcmDecoder('S16LE', channels).push(frames.tobytes())
    assert samples == pytest.approx(frames.mean(axis=1) / 32768, abs=1e-7)


@pytest.mark.parametrize('convert', [
    bytes, bytearray, memoryview, lambda data: array.array('B', data),
    lambda data: np.frombuffer(data, np.uint8)])
def test_any_buffer_of_bytes_is_taken(convert):
    assert PcmDecoder('S16LE', 1).push(convert(b'\x00\x40')).tolist() == [0.5]


@settings(deadline=None)
@given(st.data())
def test_cuts_in_the_stream_do_not_matter(data):
    sample_format = data.draw(st.sampled_from(audio_format.SAMPLE_FORMATS))
    channels = data.draw(st.integers(1, 3))
    if sample_format.startswith('F'):
        values = data.draw(st.lists(st.floats(-1, 1, width=32), max_size=40))
        pcm = np.array(values, LEVELS[sample_format].dtype).tobytes()
    else:
        pcm = data.draw(st.binary(max_size=120))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(pcm)), max_size=10)))
    whole = PcmDecoder(sample_format, channels).push(pcm)
    decoder = PcmDecoder(sample_format, channels)
    pieces = [decoder.push(pcm[start:end]) for start, end in zip([0] + cuts, cuts + [len(pcm)])]
    assert np.concatenate(pieces).tolist() == whole.tolist()


def test_float_beyond_full_scale_is_clipped():
    pcm = np.array([-3, 2], '<f4').tobytes()
    assert PcmDecoder('F32LE', 1).push(pcm).tolist() == [-1, 1]


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_float_that_is_not_finite_is_refused(value):
    with pytest.raises(SerError, match='NaN or infinite'):
        PcmDecoder('F32LE', 1).push(np.array([0, value], '<f4').tobytes())


def test_unknown_format_is_refused_with_the_allowed_ones():
    with pytest.raises(SerError, match="'S16'.*S16LE.*F32BE"):
        PcmDecoder('S16', 1)


def test_no_channels_are_refused():
    with pytest.raises(SerError, match='channels is 0'):
        PcmDecoder('S16LE', 0)


@pytest.mark.parametrize('coding', ['WAVE', 'wave'])
@pytest.mark.parametrize('rate', [8000, 44100, 192000])
def test_audio_info_that_is_fine(coding, rate):
    check_audio_info(2, rate, 'S16LE', coding)


@pytest.mark.parametrize('info, text', [
    ((1, 16000, 'S16LE', 'mp3'), 'format:=wave'),
    ((1, 16000, 'S16LE', 'MP3'), 'format:=wave'),
    ((1, 16000, 'S16LE', 'OPUS'), "'OPUS'.*WAVE"),
    ((1, 16000, 'S16LE', ''), "''.*WAVE"),
    ((1, 16000, 'S20', 'WAVE'), "'S20'.*S16LE"),
    ((0, 16000, 'S16LE', 'WAVE'), 'channels is 0'),
    ((1, 0, 'S16LE', 'WAVE'), '0 Hz.*8000 to 192000'),
    ((1, 384000, 'S16LE', 'WAVE'), '384000 Hz.*8000 to 192000'),
])
def test_audio_info_that_is_refused(info, text):
    with pytest.raises(SerError, match=text):
        check_audio_info(*info)


def test_16_bit_survives_the_way_to_float_and_back():
    every = np.arange(-32768, 32768).astype(np.int16)
    assert np.array_equal(float_to_int16(int16_to_float(every)), every)


def test_16_bit_is_rounded_and_clipped_and_never_wraps():
    samples = np.array([0.4, 0.6, -0.6, 32767.4, 32768, 1e6, -32768, -1e6], np.float32) / 32768
    assert float_to_int16(samples).tolist() == [0, 1, -1, 32767, 32767, 32767, -32768, -32768]
