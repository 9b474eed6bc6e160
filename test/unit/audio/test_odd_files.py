# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files with odd headers, joined files, damaged files: all of the sound, or a word about it."""

import contextlib
import os
import resource
import signal
import sys

import numpy as np
import pytest
import soundfile
from odd_audio import RATE_HZ, encode, pcm16, sound, wav, write

from ser_ros.audio import ffmpeg_decoder
from ser_ros.audio.decoders import open_decoder
from ser_ros.audio.file_source import FileSource
from ser_ros.errors import SerError


def heard(path):
    """Return a file's samples in [-1, 1) and its source, which is at the end."""
    with contextlib.closing(FileSource(str(path))) as source:
        return np.concatenate(list(source)) / 32768, source


def seconds(path):
    return heard(path)[0].size / RATE_HZ


def correlation(samples, expected, tail=320):
    size = min(samples.size, expected.size) - tail
    return np.corrcoef(samples[:size], expected[:size])[0, 1]


def aac_of_speech_and_silence(folder):
    """Write 6 s of each; where the encoder has a choice, silence takes few bits."""
    samples = sound(12, 48000) + np.random.RandomState(0).normal(0, 0.1, 12 * 48000)
    samples[6 * 48000:] = 0
    return encode(str(folder / 'a.aac'), 'aac', samples.astype(np.float32), container='adts')


def amr_of_two_rates(folder):
    """Write 6 s at the highest rate and 6 s at the lowest, as telephones change between them."""
    codec = 'libopencore_amrnb'
    if codec not in pytest.importorskip('av').codecs_available:
        pytest.skip('this PyAV cannot write AMR')
    data = b'#!AMR\n'
    for bits_per_s in '12200', '4750':
        path = encode(str(folder / 'part.amr'), codec, sound(6, 8000), 8000,
                      codec_options={'b': bits_per_s})
        with open(path, 'rb') as file:
            data += file.read()[len(b'#!AMR\n'):]
    (folder / 'a.amr').write_bytes(data)
    return str(folder / 'a.amr')


@pytest.fixture
def av():
    return pytest.importorskip('av', reason='PyAV is not installed')


class TestWav:

    def test_declared_size_of_zero(self, tmp_path):
        (tmp_path / 'killed.wav').write_bytes(wav(pcm16(sound()), declared=0))
        samples, source = heard(tmp_path / 'killed.wav')
        np.testing.assert_allclose(samples[:12 * RATE_HZ], sound(), atol=1e-4)
        assert 'all of them are read' in source.warning and not source.incomplete
        assert source.duration_s == 12

    @pytest.mark.parametrize('declared', [2, 32000, 320000])
    def test_declared_size_that_was_not_updated(self, tmp_path, declared):
        (tmp_path / 'a.wav').write_bytes(wav(pcm16(sound()), declared=declared))
        samples, source = heard(tmp_path / 'a.wav')
        assert samples.size == 12 * RATE_HZ
        assert f'declares {declared} bytes' in source.warning

    def test_chunks_behind_the_samples_are_no_samples(self, tmp_path):
        data = wav(pcm16(sound(3))) + b'LIST\x04\0\0\0INFO' + b'id3 \x03\0\0\0abc\0'
        (tmp_path / 'a.wav').write_bytes(data)
        samples, source = heard(tmp_path / 'a.wav')
        assert samples.size == 3 * RATE_HZ and source.warning == ''

    def test_an_empty_one_with_chunks_behind_it_stays_empty(self, tmp_path):
        (tmp_path / 'a.wav').write_bytes(wav(b'') + b'LIST\x04\0\0\0INFO')
        with pytest.raises(SerError, match='contains no audio samples'):
            FileSource(str(tmp_path / 'a.wav'))

    def test_joined_ones(self, tmp_path):
        one = wav(pcm16(sound(3)))
        (tmp_path / 'a.wav').write_bytes(one + one + one)
        samples, source = heard(tmp_path / 'a.wav')
        assert samples.size == 9 * RATE_HZ
        np.testing.assert_allclose(samples[6 * RATE_HZ:], sound(3), atol=1e-4)
        assert '3 recordings are joined' in source.warning

    def test_joined_ones_by_the_thousand_take_one_open_file(self, tmp_path):
        (tmp_path / 'a.wav').write_bytes(wav(pcm16(sound(0.01))) * 1500)
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, limits[1]), limits[1]))
        try:
            assert heard(tmp_path / 'a.wav')[0].size == pytest.approx(15 * RATE_HZ, abs=320)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    @pytest.mark.parametrize('between', [b'', b'LIST\x04\0\0\0INFO'])
    def test_joined_ones_of_which_the_last_is_not_complete(self, tmp_path, between):
        data = wav(pcm16(sound(3))) + between + wav(pcm16(sound(3)), declared=0)
        (tmp_path / 'a.wav').write_bytes(data)
        samples, source = heard(tmp_path / 'a.wav')
        assert samples.size == 6 * RATE_HZ
        assert '2 recordings are joined' in source.warning

    def test_joined_ones_of_which_the_last_is_truncated(self, tmp_path):
        (tmp_path / 'a.wav').write_bytes(2 * wav(pcm16(sound(3))) + wav(pcm16(sound(3)))[:32044])
        samples, source = heard(tmp_path / 'a.wav')
        assert samples.size == 7 * RATE_HZ
        assert 'holds 32044 of 96044 bytes' in source.warning and source.incomplete

    def test_joined_ones_of_another_rate(self, tmp_path):
        other = wav(pcm16(sound(3, 48000)), rate_hz=48000)
        (tmp_path / 'a.wav').write_bytes(wav(pcm16(sound(3))) + other)
        samples, source = heard(tmp_path / 'a.wav')
        assert samples.size == 6 * RATE_HZ
        assert correlation(samples[3 * RATE_HZ:], sound(3)) > 0.999
        assert source.duration_s == 6

    def test_truncated_one(self, tmp_path):
        (tmp_path / 'a.wav').write_bytes(wav(pcm16(sound()))[:200000])
        samples, source = heard(tmp_path / 'a.wav')
        assert samples.size == pytest.approx(100000, abs=320)
        assert 'holds 200000 of 384044 bytes' in source.warning and source.incomplete
        assert source.duration_s == pytest.approx(6.25, abs=0.01)

    def test_64_bit_integers(self, av, tmp_path):
        data = (sound().astype('f8') * 2 ** 63).astype('<i8').tobytes()
        (tmp_path / 'a.wav').write_bytes(wav(data, sample_bytes=8))
        np.testing.assert_allclose(heard(tmp_path / 'a.wav')[0][:12 * RATE_HZ], sound(), atol=1e-4)

    def test_64_bit_integers_without_pyav(self, tmp_path, monkeypatch):
        (tmp_path / 'a.wav').write_bytes(wav(bytes(8 * 48000), sample_bytes=8))
        monkeypatch.setitem(sys.modules, 'av', None)
        with pytest.raises(SerError, match="a.wav': libsndfile does not know this format"):
            FileSource(str(tmp_path / 'a.wav'))


class TestUnfinishedHeaders:

    @pytest.mark.parametrize('size', [b'\0', b'\xff'])
    @pytest.mark.parametrize('name, key, place, length', [
        ('a.au', b'.snd', 8, 4), ('a.aiff', b'SSND', 4, 4), ('a.caf', b'data', 4, 8),
        ('a.w64', b'data', 16, 8), ('a.rf64', b'ds64', 16, 8)])
    def test_of_other_formats(self, av, tmp_path, name, key, place, length, size):
        path = tmp_path / name
        write(path, sound(3), **({'format': 'RF64'} if name == 'a.rf64' else {}))
        data = bytearray(path.read_bytes())
        place += data.index(key)
        data[place:place + length] = size * length
        path.write_bytes(data)
        samples, source = heard(path)
        np.testing.assert_allclose(samples[:3 * RATE_HZ], sound(3), atol=1e-4)
        assert not source.incomplete


class TestLengths:

    def test_joined_flac(self, tmp_path):
        write(tmp_path / 'a.flac', sound(4))
        (tmp_path / 'b.flac').write_bytes((tmp_path / 'a.flac').read_bytes() * 3)
        samples, source = heard(tmp_path / 'b.flac')
        assert samples.size == 12 * RATE_HZ and source.warning == ''
        np.testing.assert_allclose(samples[8 * RATE_HZ:], sound(4), atol=1e-4)

    def test_joined_m4a_are_counted(self, av, tmp_path):
        encode(str(tmp_path / 'a.m4a'), 'aac', sound(3, 48000))
        data = (tmp_path / 'a.m4a').read_bytes()
        (tmp_path / 'a.m4a').write_bytes(data + data)
        samples, source = heard(tmp_path / 'a.m4a')
        assert samples.size / RATE_HZ == pytest.approx(3, abs=0.1)
        assert 'holds 2 recordings' in source.warning and source.incomplete

    @pytest.mark.parametrize('quality', [0, 236, 1000])
    def test_mp3_of_variable_rate_without_a_table(self, av, tmp_path, quality):
        path = encode(str(tmp_path / 'v.mp3'), 'libmp3lame', sound(12, 48000),
                      options={'write_xing': '0'},
                      codec_options={'flags': '+qscale', 'global_quality': str(quality)})
        samples, source = heard(path)
        assert samples.size / RATE_HZ == pytest.approx(12, abs=0.1)
        assert source.duration_s == pytest.approx(12, abs=0.1) and not source.incomplete

    def test_without_pyav_it_is_reported_that_sound_is_missing(self, av, tmp_path, monkeypatch):
        quiet_start = np.concatenate([np.zeros(48000, np.float32), sound(11, 48000)])
        path = encode(str(tmp_path / 'v.mp3'), 'libmp3lame', quiet_start,
                      options={'write_xing': '0'},
                      codec_options={'flags': '+qscale', 'global_quality': '0'})
        whole = seconds(path)
        monkeypatch.setitem(sys.modules, 'av', None)
        samples, source = heard(path)
        if samples.size / RATE_HZ < whole - 0.2:
            assert 'ends early' in source.warning and 'PyAV' in source.warning
            assert source.incomplete

    @pytest.mark.parametrize('table', ['0', '1'])
    def test_mp3_of_constant_rate_needs_no_other_decoder(self, av, tmp_path, table):
        path = encode(str(tmp_path / 'c.mp3'), 'libmp3lame', sound(12, 48000),
                      options={'write_xing': table})
        decoder = open_decoder(path)
        assert type(decoder).__name__ == 'SoundfileDecoder'
        assert decoder.duration_s == pytest.approx(12, abs=0.1)
        decoder.close()
        assert heard(path)[1].warning == ''

    def test_joined_mp3(self, av, tmp_path):
        one = encode(str(tmp_path / 'a.mp3'), 'libmp3lame', sound(4, 48000))
        data = (tmp_path / 'a.mp3').read_bytes()
        (tmp_path / 'b.mp3').write_bytes(data + data)
        assert seconds(one) == pytest.approx(4, abs=0.1)
        samples, source = heard(tmp_path / 'b.mp3')
        assert samples.size / RATE_HZ == pytest.approx(8, abs=0.2)
        assert not source.incomplete

    def test_flac_that_was_written_to_a_pipe(self, av, tmp_path):
        class Pipe:
            def __init__(self, path):
                self._file = open(path, 'wb')
                self.write = self._file.write
                self.close = self._file.close

        pipe = Pipe(str(tmp_path / 'a.flac'))
        encode(pipe, 'flac', sound(12, 48000), container='flac')
        pipe.close()
        with contextlib.closing(FileSource(str(tmp_path / 'a.flac'))) as source:
            assert np.isnan(source.duration_s)
            assert len(list(source)) == 600
            assert source.duration_s == 12 and source.warning == ''

    @pytest.mark.parametrize('name, codec, container', [
        ('a.aac', 'aac', 'adts'), ('a.ac3', 'ac3', 'ac3'), ('a.mp2', 'mp2', 'mp2')])
    def test_raw_streams_have_the_length_that_is_decoded(
            self, av, tmp_path, name, codec, container):
        path = encode(str(tmp_path / name), codec, sound(12, 48000), container=container)
        samples, source = heard(path)
        assert samples.size / RATE_HZ == pytest.approx(12, abs=0.1)
        assert source.duration_s == pytest.approx(12, abs=0.1)

    @pytest.mark.parametrize('make', [aac_of_speech_and_silence, amr_of_two_rates])
    def test_a_length_that_ffmpeg_estimates_wrong_is_counted(self, av, tmp_path, make):
        path = make(tmp_path)
        with av.open(path) as file:
            assert abs(file.duration / av.time_base - 12) > 2  # else this test shows nothing
        with contextlib.closing(FileSource(path)) as source:
            assert np.isnan(source.duration_s)
        samples, source = heard(path)
        assert samples.size / RATE_HZ == pytest.approx(12, abs=0.1)
        assert source.duration_s == pytest.approx(12, abs=0.1)
        assert source.warning == '' and not source.incomplete

    @pytest.mark.parametrize('name, options', [
        ('a.ogg', {'format': 'OGG', 'subtype': 'VORBIS'}),
        ('a.opus', {'format': 'OGG', 'subtype': 'OPUS'})])
    @pytest.mark.parametrize('joined', [2, 3])
    def test_chained_streams(self, tmp_path, name, options, joined):
        one = tmp_path / name
        write(one, sound(12, 48000), 48000, **options)
        (tmp_path / ('joined_' + name)).write_bytes(one.read_bytes() * joined)
        samples, source = heard(tmp_path / ('joined_' + name))
        assert samples.size == 12 * joined * RATE_HZ
        assert correlation(samples[12 * (joined - 1) * RATE_HZ:], heard(one)[0]) > 0.99
        assert source.duration_s == 12 * joined and source.warning == ''

    def test_chained_streams_of_other_rates_and_channels(self, tmp_path):
        rates = [(48000, 1), (16000, 2), (44100, 1)]
        data = b''
        for number, (rate_hz, channels) in enumerate(rates):
            path = tmp_path / f'{number}.ogg'
            write(path, sound(3, rate_hz, channels), rate_hz)
            data += path.read_bytes()
        (tmp_path / 'all.ogg').write_bytes(data)
        samples, _ = heard(tmp_path / 'all.ogg')
        assert samples.size == pytest.approx(9 * RATE_HZ, abs=640)
        for number in range(3):
            part = samples[3 * number * RATE_HZ:3 * (number + 1) * RATE_HZ]
            assert correlation(part, sound(3)) > 0.98


class TestNames:

    @pytest.mark.parametrize('name', [
        'rec-12:30:05.m4a', 'http:talk.m4a', 'concat:a.m4a', 'pipe:0.m4a', 'a%20b?c#d.m4a',
        '-i.m4a', 'file:x.m4a'])
    def test_a_path_is_a_path(self, av, tmp_path, monkeypatch, name):
        monkeypatch.chdir(tmp_path)
        encode('plain.m4a', 'aac', sound(3, 48000))
        os.rename('plain.m4a', name)
        assert seconds(name) == pytest.approx(3, abs=0.1)
        assert seconds(tmp_path / name) == pytest.approx(3, abs=0.1)

    def test_name_that_is_no_valid_text(self, av, tmp_path):
        encode(str(tmp_path / 'a.m4a'), 'aac', sound(3, 48000))
        path = os.fsdecode(os.fsencode(str(tmp_path)) + b'/\xb1\xe2.m4a')
        os.rename(str(tmp_path / 'a.m4a'), path)
        assert seconds(path) == pytest.approx(3, abs=0.1)

    @pytest.mark.parametrize('encoding', ['cp949', 'shift_jis', 'latin-1', 'utf-16-be'])
    @pytest.mark.parametrize('name, codec', [('a.m4a', 'aac'), ('a.mka', 'aac')])
    def test_tags_of_any_encoding(self, av, tmp_path, encoding, name, codec):
        text = 'Grüße' if encoding == 'latin-1' else '日本' if encoding == 'shift_jis' else '기쁨'
        tag = text.encode(encoding)
        placeholder = b'QJZVWKYQJZVW'[:len(tag)]
        encode(str(tmp_path / name), codec, sound(3, 48000), tags={'title': placeholder.decode()})
        data = (tmp_path / name).read_bytes()
        assert data.count(placeholder) == 1
        (tmp_path / name).write_bytes(data.replace(placeholder, tag))
        assert seconds(tmp_path / name) == pytest.approx(3, abs=0.1)

    def test_a_playlist_opens_no_other_file(self, av, tmp_path):
        (tmp_path / 'a.m4a').write_text(
            '#EXTM3U\n#EXTINF:3,\nhttp://127.0.0.1:9/a.m4a\n#EXT-X-ENDLIST\n')
        with pytest.raises(SerError, match='a.m4a'):
            FileSource(str(tmp_path / 'a.m4a'))


class TestProcess:

    def test_a_damaged_file_that_crashes_pyav(self, av, shared_data):
        path = shared_data.parent / 'field' / 'aac_changed_byte.mp4'
        if not path.exists():
            pytest.skip(f'{path} is missing')
        assert heard(path)[0].size > 0

    @pytest.mark.parametrize('settings', [
        [(48000, 'mono'), (48000, 'stereo')], [(48000, 'stereo'), (48000, 'mono')],
        [(48000, 'mono'), (16000, 'mono')], [(48000, '5.1'), (44100, 'stereo'), (16000, 'mono')]])
    def test_channels_and_rates_that_change_inside_a_file(self, av, tmp_path, settings):
        data = b''
        for rate_hz, layout in settings:
            path = encode(str(tmp_path / 'a.aac'), 'aac', sound(3, rate_hz), rate_hz,
                          container='adts', layout=layout)
            data += (tmp_path / 'a.aac').read_bytes()
        (tmp_path / 'b.aac').write_bytes(data)
        samples, _ = heard(path.replace('a.aac', 'b.aac'))
        assert samples.size / RATE_HZ == pytest.approx(3 * len(settings), abs=0.3)
        assert np.abs(samples[-RATE_HZ:]).max() > 0.1

    def test_one_process_for_many_files(self, av, tmp_path, monkeypatch):
        started = []
        real = ffmpeg_decoder._Process

        def start():
            started.append(real())
            return started[-1]
        monkeypatch.setattr(ffmpeg_decoder, '_IDLE', [])
        monkeypatch.setattr(ffmpeg_decoder, '_Process', start)
        path = encode(str(tmp_path / 'a.m4a'), 'aac', sound(3, 48000))
        for _ in range(3):
            seconds(path)
        FileSource(path).close()  # before its end
        seconds(path)
        assert len(started) == 1
        started[0].end()

    def test_no_process_for_what_libsndfile_reads(self, tmp_path, monkeypatch):
        monkeypatch.setattr(ffmpeg_decoder, '_Process', None)
        for name in 'a.wav', 'a.flac', 'a.ogg', 'a.mp3':
            assert seconds(write(tmp_path / name, sound(3))) == pytest.approx(3, abs=0.2)

    def test_a_file_that_ends_the_process(self, av, tmp_path, monkeypatch):
        path = encode(str(tmp_path / 'a.m4a'), 'aac', sound(3, 48000))
        monkeypatch.setattr(ffmpeg_decoder, 'MODULE', 'crashing_decoder')
        monkeypatch.setattr(ffmpeg_decoder, '_IDLE', [])
        monkeypatch.setattr(ffmpeg_decoder, 'command', lambda module: (
            sys.executable, '-c', 'import os, sys; sys.stdin.readline(); os.kill(os.getpid(), 11)'))
        with pytest.raises(SerError, match='a.m4a.*ended by the signal SIGSEGV'):
            FileSource(path)

    def test_a_process_that_dies_in_the_middle(self, av, tmp_path, monkeypatch):
        monkeypatch.setattr(ffmpeg_decoder, '_IDLE', [])
        path = encode(str(tmp_path / 'a.m4a'), 'aac', sound(20, 48000))
        with contextlib.closing(FileSource(path)) as source:
            chunks = [source.read()]
            os.kill(source._reader._decoder._process._process.pid, signal.SIGKILL)
            chunks += list(source)
        assert 0 < len(chunks) < 20 * 50
        assert 'ended by the signal SIGKILL' in source.warning and source.incomplete
        assert seconds(path) == pytest.approx(20, abs=0.1)  # with another one

    def test_one_that_died_while_it_waited_is_replaced(self, av, tmp_path):
        path = encode(str(tmp_path / 'a.m4a'), 'aac', sound(3, 48000))
        seconds(path)
        os.kill(ffmpeg_decoder._IDLE[-1]._process.pid, signal.SIGKILL)
        assert seconds(path) == pytest.approx(3, abs=0.1)

    def test_one_that_hangs_is_ended(self, av, tmp_path, monkeypatch):
        path = encode(str(tmp_path / 'a.m4a'), 'aac', sound(3, 48000))
        monkeypatch.setattr(ffmpeg_decoder, '_IDLE', [])
        monkeypatch.setattr(ffmpeg_decoder, '_TIMEOUT_S', 0.2)
        monkeypatch.setattr(ffmpeg_decoder, 'command', lambda module: (
            sys.executable, '-c', 'import time; time.sleep(60)'))
        with pytest.raises(SerError, match='a.m4a.*did not answer'):
            FileSource(path)

    def test_several_tracks(self, av, tmp_path):
        path = str(tmp_path / 'a.mka')
        with av.open(path, 'w') as file:
            streams = [file.add_stream('pcm_s16le', rate=RATE_HZ, layout='mono') for _ in 'ab']
            for stream in streams:
                frame = av.AudioFrame.from_ndarray(
                    np.frombuffer(pcm16(sound(1)), np.int16)[None], format='s16', layout='mono')
                frame.sample_rate = RATE_HZ
                file.mux(stream.encode(frame))
                file.mux(stream.encode(None))
        samples, source = heard(path)
        assert samples.size == RATE_HZ
        assert 'has 2 audio tracks' in source.warning and source.incomplete


class TestScale:

    @pytest.mark.parametrize('bits', [16, 24, 32])
    @pytest.mark.parametrize('subtype', ['FLOAT', 'DOUBLE'])
    def test_floats_in_the_scale_of_integers(self, tmp_path, bits, subtype):
        samples, source = heard(write(
            tmp_path / 'a.wav', sound().astype('f8') * 2 ** (bits - 1), subtype=subtype))
        np.testing.assert_allclose(samples[:12 * RATE_HZ], sound(), atol=1e-4)
        assert 'where 1.0 is full scale' in source.warning and not source.incomplete

    def test_floats_a_little_over_full_scale_are_not_clipped(self, tmp_path):
        samples, source = heard(write(tmp_path / 'a.wav', 3 * sound(), subtype='FLOAT'))
        expected = sound() / np.abs(sound()).max()
        np.testing.assert_allclose(samples[:12 * RATE_HZ], expected, atol=1e-3)
        assert source.warning

    def test_floats_of_no_known_scale_are_refused(self, tmp_path):
        with pytest.raises(SerError, match=r'a.wav.*up to .*e\+11.*full scale'):
            FileSource(write(tmp_path / 'a.wav', 1e12 * sound(), subtype='FLOAT'))

    def test_in_a_container_of_ffmpeg(self, av, tmp_path):
        path = encode(str(tmp_path / 'a.mka'), 'pcm_f32le', 32768 * sound(), RATE_HZ)
        np.testing.assert_allclose(heard(path)[0][:12 * RATE_HZ], sound(), atol=1e-4)

    def test_what_is_in_scale_stays_bit_by_bit(self, tmp_path):
        path = write(tmp_path / 'a.wav', sound(), subtype='FLOAT')
        samples, source = heard(path)
        np.testing.assert_array_equal(
            samples[:12 * RATE_HZ], np.rint(soundfile.read(path)[0] * 32768) / 32768)
        assert source.warning == ''
