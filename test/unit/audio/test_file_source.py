# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Audio files of many kinds, sound and broken, as chunks of 16 kHz mono."""

import contextlib
import os
import sys

import numpy as np
import pytest
import soundfile
import soxr

from ser_ros.audio import decoders
from ser_ros.audio.decoders import open_decoder
from ser_ros.audio.file_source import FileSource
from ser_ros.audio.opening import looks_like_file, open_source
from ser_ros.errors import SerError

RATE_HZ = 16000


def tone(duration_s, rate_hz=RATE_HZ, channels=1, pitch_hz=440):
    samples = 0.5 * np.sin(2 * np.pi * pitch_hz * np.arange(int(duration_s * rate_hz)) / rate_hz)
    return np.repeat(samples[:, None], channels, axis=1).astype(np.float32)


def read_all(source):
    chunks = []
    while True:
        chunk = source.read()
        if chunk is None:
            return np.concatenate(chunks)
        assert chunk.shape == (320,)
        assert chunk.dtype == np.int16
        chunks.append(chunk)


def write(path, samples, rate_hz=RATE_HZ, **kwargs):
    try:
        soundfile.write(str(path), samples, rate_hz, **kwargs)
    except (soundfile.SoundFileError, ValueError) as error:
        pytest.skip(f'this libsndfile cannot write {path.suffix}: {error}')
    return str(path)


@pytest.mark.parametrize('subtype, tolerance', [
    ('PCM_U8', 2 / 128), ('PCM_16', 1 / 32768), ('PCM_24', 1 / 32768), ('PCM_32', 1 / 32768),
    ('FLOAT', 1 / 32768), ('DOUBLE', 1 / 32768), ('ALAW', 0.02), ('ULAW', 0.02),
    ('IMA_ADPCM', 0.1)])
def test_wav_of_every_common_kind(tmp_path, subtype, tolerance):
    source = FileSource(write(tmp_path / 'a.wav', tone(3), subtype=subtype))
    samples = read_all(source) / 32768
    assert source.warning == ''
    # ADPCM needs a while to find the level.
    assert np.abs(samples[:3 * RATE_HZ] - tone(3)[:, 0])[200:].max() <= tolerance
    assert source.duration_s == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize('name, kwargs', [
    ('a.flac', {}), ('a.ogg', {}), ('a.opus', {'format': 'OGG', 'subtype': 'OPUS'}), ('a.mp3', {})])
def test_compressed_kinds(tmp_path, name, kwargs):
    path = write(tmp_path / name, tone(3), **kwargs)
    samples = read_all(FileSource(path)) / 32768
    spectrum = np.abs(np.fft.rfft(samples[8000:24000]))
    assert spectrum.argmax() == 440
    assert np.abs(samples[8000:24000]).max() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize('rate_hz', [8000, 11025, 16000, 22050, 44100, 48000, 96000])
@pytest.mark.parametrize('channels', [1, 2, 8])
def test_any_rate_and_channel_count(tmp_path, rate_hz, channels):
    path = write(tmp_path / 'a.wav', tone(3, rate_hz, channels), rate_hz, subtype='FLOAT')
    expected = soxr.resample(tone(3, rate_hz)[:, 0], rate_hz, RATE_HZ)
    samples = read_all(FileSource(path)) / 32768
    assert samples.size == 3 * RATE_HZ
    assert np.abs(samples - expected).max() < 1e-4


@pytest.mark.parametrize('rate_hz', [8000, 16000, 22050, 44100])
def test_an_mp3_read_in_blocks_is_what_it_is_read_at_once(tmp_path, rate_hz):
    path = write(tmp_path / 'a.mp3', tone(3, rate_hz), rate_hz)
    whole, _ = soundfile.read(path, dtype='float32')
    expected = soxr.resample(whole, rate_hz, RATE_HZ) if rate_hz != RATE_HZ else whole
    samples = read_all(FileSource(path)) / 32768
    assert np.abs(samples[:expected.size] - expected).max() < 1e-4


def test_mono_is_the_mean(tmp_path):
    samples = np.stack([np.full(48000, 0.5), np.full(48000, -0.25)], axis=1)
    path = write(tmp_path / 'a.wav', samples, subtype='FLOAT')
    assert (read_all(FileSource(path)) == 4096).all()


def test_16_bit_at_16_khz_comes_through_bit_by_bit(tmp_path):
    samples = np.random.RandomState(0).randint(-32768, 32768, 50000).astype(np.int16)
    result = read_all(FileSource(write(tmp_path / 'a.wav', samples)))
    assert np.array_equal(result[:50000], samples)
    assert not result[50000:].any()
    assert result.size == 50240


def test_float_beyond_full_scale_comes_down_to_it(tmp_path):
    path = write(tmp_path / 'a.wav', np.array([3, -3] * 30000, np.float32), subtype='FLOAT')
    assert set(read_all(FileSource(path)).tolist()) == {32767, -32768, 0}


@pytest.mark.parametrize('n, min_samples, size', [
    (1, 0, 320), (321, 0, 640), (640, 641, 960), (1, 41664, 41920), (319, 41664, 41920),
    (320, 41664, 41920), (41919, 41664, 41920), (41920, 64000, 64000)])
def test_a_short_file_is_followed_by_silence(tmp_path, n, min_samples, size):
    path = write(tmp_path / 'a.wav', np.full(n, 1000, np.int16))
    result = read_all(FileSource(path, min_samples=min_samples))
    assert result.size == size
    assert (result[:n] == 1000).all()
    assert not result[n:].any()


def test_a_loop_over_it_reads_to_the_end(tmp_path):
    path = str(tmp_path / 'noise.wav')
    soundfile.write(path, np.random.RandomState(0).uniform(-0.1, 0.1, 50001), 16000)
    with contextlib.closing(FileSource(path)) as source:
        chunks = list(source)
        assert source.read() is None
    np.testing.assert_array_equal(np.concatenate(chunks), read_all(FileSource(path)))
    decoder = open_decoder(path)
    assert sum(len(block) for block in decoder) == 50001
    decoder.close()


def test_loop_has_no_gap(tmp_path):
    samples = np.arange(1, 1001).astype(np.int16)
    source = FileSource(write(tmp_path / 'a.wav', samples), loop=True)
    result = np.concatenate([source.read() for _ in range(50)])
    assert np.array_equal(result, np.tile(samples, 16))
    source.close()
    assert source.read() is None


def test_loop_resamples_across_the_seam(tmp_path):
    # 100 whole periods: the seam is inaudible only if nothing is lost or added there.
    path = write(tmp_path / 'a.wav', tone(1, 44100, pitch_hz=100), 44100, subtype='FLOAT')
    source = FileSource(path, loop=True)
    result = np.concatenate([source.read() for _ in range(500)]) / 32768
    expected = 0.5 * np.sin(2 * np.pi * 100 * np.arange(160000) / RATE_HZ)
    assert np.abs(result - expected)[200:].max() < 1e-3


def truncated(path, share):
    with open(path, 'rb') as file:
        data = file.read()
    with open(path, 'wb') as file:
        file.write(data[:int(len(data) * share)])
    return path


@pytest.mark.parametrize('name, kwargs', [
    ('a.wav', {}), ('a.flac', {}), ('a.ogg', {}), ('a.mp3', {})])
def test_a_truncated_file_gives_what_is_there(tmp_path, name, kwargs):
    noise = np.random.RandomState(0).uniform(-0.5, 0.5, (20 * RATE_HZ, 1)).astype(np.float32)
    source = FileSource(truncated(write(tmp_path / name, noise, **kwargs), 0.5))
    assert read_all(source).size == pytest.approx(10 * RATE_HZ, rel=0.1)
    if name != 'a.ogg':
        assert 'ends early' in source.warning
        assert source.incomplete
    if name in ('a.flac', 'a.mp3'):
        assert 'of 20.00 s' in source.warning


def header(data_size):
    return (b'RIFF' + (data_size + 36).to_bytes(4, 'little') + b'WAVEfmt \x10\0\0\0\1\0\1\0'
            b'\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0data' + data_size.to_bytes(4, 'little'))


def test_a_wav_that_was_piped_and_knows_no_length_is_read_to_its_end(tmp_path):
    path = tmp_path / 'a.wav'
    path.write_bytes(header(0xffffffff - 36) + b'\x01\x02' * 48000)
    assert (read_all(FileSource(str(path))) == 0x0201).all()


BROKEN = {
    'empty.wav': (b'', 'is empty'),
    'header.wav': (header(0), 'contains no audio samples'),
    'text.wav': (b'It was a dark and stormy night. ' * 100, 'no.*format|none of the formats'),
    'zeros.flac': (bytes(1000), 'contains no audio|does not know this format'),
    'headless.raw': (b'\1\2' * 1000, 'no header'),
    'cut.wav': (header(1000)[:20], 'no.*format|none of the formats'),
    'cut.flac': (b'fLaC\0\0\0\x22' + bytes(10), 'no.*format|none of the formats'),
}


@pytest.mark.parametrize('name', BROKEN)
def test_what_is_no_audio_is_refused_with_the_name_and_the_allowed_kinds(tmp_path, name):
    data, text = BROKEN[name]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SerError, match=text) as caught:
        FileSource(str(path))
    assert name in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SerError, match='none.wav.*No such file'):
        FileSource(str(tmp_path / 'none.wav'))


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(SerError, match='is a folder'):
        FileSource(str(tmp_path))


def test_a_named_pipe_is_refused_without_waiting_for_its_writer(tmp_path):
    os.mkfifo(str(tmp_path / 'pipe.wav'))
    with pytest.raises(SerError, match='not a regular file'):
        FileSource(str(tmp_path / 'pipe.wav'))


@pytest.mark.skipif(os.geteuid() == 0, reason='root may read every file')
def test_a_file_without_permission_is_refused(tmp_path):
    path = write(tmp_path / 'a.wav', tone(1))
    os.chmod(path, 0)
    with pytest.raises(SerError, match='Permission denied'):
        FileSource(path)


def test_a_refused_permission_is_told(tmp_path, monkeypatch):
    path = write(tmp_path / 'a.wav', tone(1))

    def refuse(*args):
        raise PermissionError(13, 'Permission denied')
    monkeypatch.setattr(decoders, 'open', refuse, raising=False)
    with pytest.raises(SerError, match='a.wav.*Permission denied'):
        FileSource(path)


@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_nan_at_the_beginning_is_refused_at_once(tmp_path, value):
    samples = tone(1)
    samples[10] = value
    path = write(tmp_path / 'a.wav', samples, subtype='FLOAT')
    with pytest.raises(SerError, match='a.wav.*NaN or infinite'):
        FileSource(path)


def test_nan_later_is_refused_when_it_comes(tmp_path):
    samples = tone(3)
    samples[40000] = np.nan
    source = FileSource(write(tmp_path / 'a.wav', samples, subtype='FLOAT'))
    with pytest.raises(SerError, match='a.wav.*NaN or infinite'):
        read_all(source)


@pytest.mark.parametrize('rate_hz', [4000, 400000])
def test_a_rate_outside_the_range_is_refused(tmp_path, rate_hz):
    path = write(tmp_path / 'a.wav', tone(1), rate_hz)
    with pytest.raises(SerError, match=f'a.wav.*{rate_hz} Hz.*8000 to 192000'):
        FileSource(path)


def test_a_file_source_is_no_microphone(tmp_path):
    source = open_source(write(tmp_path / 'a.wav', tone(1)))
    assert isinstance(source, FileSource)
    assert not source.live
    assert source.overflows == 0
    source.interrupt()
    assert source.read() is not None


def test_files_are_told_from_microphones(tmp_path, monkeypatch):
    monkeypatch.chdir(str(tmp_path))
    (tmp_path / 'talk').write_bytes(b'')
    (tmp_path / 'pulse').mkdir()
    (tmp_path / '3').write_bytes(b'')
    (tmp_path / 'mic').write_bytes(b'')
    for file in ('talk', './x', 'x.WAV', '~/x', 'a/b', 'x.m4a', './mic'):
        assert looks_like_file(file), file
    for microphone in ('', 'mic', '3', 'pulse', 'USB', 'hw:1,0'):
        assert not looks_like_file(microphone), microphone


# The rest needs PyAV, which old boards have no wheel of.

@pytest.fixture
def av():
    return pytest.importorskip('av', reason='PyAV is not installed')


def encode(av, path, codec, samples, rate_hz, layout='mono'):
    channels = 2 if layout == 'stereo' else 1
    with av.open(str(path), 'w') as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        pcm = np.repeat((samples * 32767).astype(np.int16), channels)[None]
        frame = av.AudioFrame.from_ndarray(pcm, format='s16', layout=layout)
        frame.rate = rate_hz
        resampler = av.AudioResampler(
            format=stream.codec_context.format, layout=layout, rate=rate_hz,
            frame_size=stream.codec_context.frame_size or 1024)
        for piece in resampler.resample(frame) + resampler.resample(None):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return str(path)


@pytest.mark.parametrize('name, codec, rate_hz, layout', [
    ('aac.m4a', 'aac', 44100, 'stereo'), ('alac.m4a', 'alac', 48000, 'mono'),
    ('opus.webm', 'libopus', 48000, 'stereo'), ('u8.mka', 'pcm_u8', 8000, 'mono'),
    ('s16.mka', 'pcm_s16le', 16000, 'stereo')])
def test_what_libsndfile_cannot_read_is_read_by_ffmpeg(av, tmp_path, name, codec, rate_hz, layout):
    path = encode(av, tmp_path / name, codec, tone(3, rate_hz)[:, 0], rate_hz, layout)
    source = FileSource(path)
    samples = read_all(source) / 32768
    assert source.duration_s == pytest.approx(3, abs=0.1)
    assert samples.size == pytest.approx(3 * RATE_HZ, abs=2000)
    assert np.abs(np.fft.rfft(samples[8000:24000])).argmax() == 440
    assert np.abs(samples[8000:24000]).max() == pytest.approx(0.5, abs=0.05)


def test_a_truncated_m4a_is_refused(av, tmp_path):
    path = encode(av, tmp_path / 'a.m4a', 'aac', tone(3)[:, 0], RATE_HZ)
    with pytest.raises(SerError, match='a.m4a'):
        FileSource(truncated(path, 0.5))


def test_a_file_without_an_audio_track_is_refused(av, tmp_path):
    path = str(tmp_path / 'silent.mp4')
    with av.open(path, 'w') as container:
        stream = container.add_stream('mpeg4', rate=5)
        stream.width = stream.height = 32
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(SerError, match='silent.mp4.*contains no audio'):
        FileSource(path)


def test_without_pyav_the_error_says_what_to_install(tmp_path, monkeypatch):
    path = tmp_path / 'a.m4a'
    path.write_bytes(b'\0\0\0\x1cftypM4A ' + bytes(100))
    monkeypatch.setitem(sys.modules, 'av', None)
    with pytest.raises(SerError, match='a.m4a.*pip install av'):
        FileSource(str(path))


def test_damage_in_the_middle_of_an_m4a_is_left_out_with_a_warning(av, tmp_path):
    path = tmp_path / 'a.m4a'
    noise = np.random.RandomState(0).uniform(-0.5, 0.5, 3 * RATE_HZ)
    encode(av, path, 'aac', noise, RATE_HZ)
    data = bytearray(path.read_bytes())
    middle = data.index(b'mdat') + 8000
    data[middle:middle + 600] = bytes(range(256)) * 2 + bytes(88)
    path.write_bytes(data)
    source = FileSource(str(path))
    assert 2.5 * RATE_HZ < read_all(source).size < 3.1 * RATE_HZ
    assert 'is damaged: ' in source.warning
    assert source.incomplete
