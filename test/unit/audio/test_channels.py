# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Channels that cancel each other or are dead, in files and in streams."""

import contextlib

import numpy as np
import pytest
from odd_audio import RATE_HZ, sound, write

from ser_ros.audio.channels import ChannelMixer
from ser_ros.audio.file_source import FileSource
from ser_ros.audio.format import PcmDecoder
from ser_ros.errors import SerError

X = sound(6)
NOISE = np.random.RandomState(0).uniform(-0.3, 0.3, X.size).astype(np.float32)
ZEROS = np.zeros_like(X)


def stack(*channels):
    return np.stack(channels, axis=1)


def mix(samples, choice='auto', size=1000):
    mixer = ChannelMixer(choice)
    return np.concatenate([mixer.mix(samples[start:start + size])
                           for start in range(0, len(samples), size)]), mixer.problem


def heard(path, **options):
    with contextlib.closing(FileSource(path, **options)) as source:
        return np.concatenate(list(source))[:X.size] / 32768, source.warning


CANCELLING = {
    'inverted': stack(X, -X), 'inverted in part': stack(X, -0.7 * X), 'pairs': stack(X, -X, X, -X),
    'other first': stack(-0.8 * X, X), 'noise as well': stack(X, 0.001 * NOISE - X)}
FINE = {
    'equal': stack(X, X), 'one half as loud': stack(X, 0.5 * X), 'two microphones': stack(X, NOISE),
    'opposite offsets': stack(0.01 * X + 0.3, 0.01 * X - 0.3), 'six': stack(*6 * [X]),
    'in turns': stack(X * (np.arange(X.size) % 48000 < 24000), X * (
        np.arange(X.size) % 48000 >= 24000))}


class TestStream:

    @pytest.mark.parametrize('name', FINE)
    def test_what_is_fine_is_the_mean_bit_by_bit(self, name):
        mono, problem = mix(FINE[name])
        np.testing.assert_array_equal(mono, FINE[name].mean(axis=1))
        assert problem == ''

    @pytest.mark.parametrize('name', CANCELLING)
    def test_channels_that_cancel(self, name):
        mono, problem = mix(CANCELLING[name])
        assert 'cancel each other; only channel' in problem
        loudest = CANCELLING[name][:, int(name == 'other first')]
        np.testing.assert_array_equal(mono[RATE_HZ:], loudest[RATE_HZ:])

    @pytest.mark.parametrize('size', [1, 320, 1024, 5000, 96000])
    @pytest.mark.parametrize('choice', ['auto', 'loudest'])
    def test_chunks_change_nothing(self, size, choice):
        samples = np.concatenate([stack(X, X), stack(X, -X), stack(0.1 * X, X)])[::4]
        np.testing.assert_array_equal(mix(samples, choice, size)[0], mix(samples, choice, 777)[0])

    def test_it_ends_when_they_no_longer_cancel(self):
        mono, problem = mix(np.concatenate([stack(X, -X), stack(X, X), stack(X, X)]))
        np.testing.assert_array_equal(mono[-RATE_HZ:], X[-RATE_HZ:])
        assert problem == ''

    def test_silence_decides_nothing(self):
        assert mix(stack(ZEROS, ZEROS))[1] == ''
        assert mix(stack(1e-4 * X, -1e-4 * X))[1] == ''

    def test_a_dead_channel_is_reported(self):
        long = np.concatenate([X, X, X])
        mono, problem = mix(stack(0 * long, long))
        assert problem == '1 of 2 channels are silent: 0'
        np.testing.assert_array_equal(mono, 0.5 * long)

    def test_the_choices(self):
        samples = stack(0.2 * X, X, -1.2 * X)
        np.testing.assert_array_equal(mix(samples, 'mean')[0], samples.mean(axis=1))
        assert 'cancel' in mix(samples, 'mean')[1]
        np.testing.assert_array_equal(mix(samples, '1')[0], X)
        np.testing.assert_array_equal(
            mix(samples, 'loudest')[0][RATE_HZ:], samples[RATE_HZ:, 2])

    @pytest.mark.parametrize('choice', ['', 'left', '-1', '1.5'])
    def test_no_choice(self, choice):
        with pytest.raises(SerError, match=f"channel is '{choice}'; allowed: auto, mean, loudest"):
            ChannelMixer(choice)

    def test_a_channel_that_does_not_exist(self):
        with pytest.raises(SerError, match='channel 2 does not exist; the audio has 2 channels'):
            mix(stack(X, X), '2')

    @pytest.mark.parametrize('choice', ['auto', 'mean', 'loudest', '3'])
    def test_one_channel_leaves_no_choice(self, choice):
        np.testing.assert_array_equal(mix(stack(X), choice)[0], X)


class TestFiles:

    @pytest.mark.parametrize('name', CANCELLING)
    def test_channels_that_cancel_from_the_first_sample_on(self, tmp_path, name):
        samples, warning = heard(write(tmp_path / 'a.wav', CANCELLING[name], subtype='FLOAT'))
        loudest = CANCELLING[name][:, int(name == 'other first')]
        np.testing.assert_allclose(samples, loudest, atol=1e-4)
        assert 'cancel each other' in warning

    @pytest.mark.parametrize('channels', [(X, ZEROS), (ZEROS, X), (X, ZEROS, X, ZEROS)])
    def test_dead_channels_are_left_out(self, tmp_path, channels):
        samples, warning = heard(write(tmp_path / 'a.wav', stack(*channels), subtype='FLOAT'))
        np.testing.assert_allclose(samples, X, atol=1e-4)
        assert 'channels are silent' in warning

    @pytest.mark.parametrize('name', FINE)
    def test_what_is_fine_is_the_mean(self, tmp_path, name):
        samples, warning = heard(write(tmp_path / 'a.wav', FINE[name], subtype='FLOAT'))
        np.testing.assert_allclose(samples, FINE[name].mean(axis=1), atol=1e-4)
        assert warning == ''

    def test_a_channel_that_speaks_only_after_the_survey(self, tmp_path, monkeypatch):
        monkeypatch.setattr('ser_ros.audio.mono._SURVEY_S', 1.0)
        late = np.where(np.arange(X.size) > 3 * RATE_HZ, 1, 0).astype(np.float32) * NOISE
        samples, _ = heard(write(tmp_path / 'a.wav', stack(X, late), subtype='FLOAT'))
        np.testing.assert_allclose(samples[:2 * RATE_HZ], X[:2 * RATE_HZ], atol=1e-4)
        both = 0.5 * (X + late)
        np.testing.assert_allclose(samples[-RATE_HZ:], both[-RATE_HZ:], atol=1e-4)

    @pytest.mark.parametrize('choice, expected', [
        ('0', X), ('1', NOISE), ('loudest', X), ('mean', 0.5 * (X + NOISE))])
    def test_the_choices(self, tmp_path, choice, expected):
        path = write(tmp_path / 'a.wav', stack(X, NOISE), subtype='FLOAT')
        np.testing.assert_allclose(heard(path, channel=choice)[0], expected, atol=1e-4)

    def test_a_channel_that_does_not_exist(self, tmp_path):
        path = write(tmp_path / 'a.wav', stack(X, X))
        with pytest.raises(SerError, match='a.wav.*channel 2 does not exist'):
            FileSource(path, channel='2')


class TestPcm:

    def test_a_stream_of_messages(self):
        decoder = PcmDecoder('S16LE', 2)
        data = np.rint(stack(X, -X) * 32767).astype('<i2').tobytes()
        mono = np.concatenate([decoder.push(data[start:start + 1279])
                               for start in range(0, len(data), 1279)])
        np.testing.assert_allclose(mono[RATE_HZ:], X[RATE_HZ:], atol=1e-4)
        assert 'cancel each other' in decoder.problem

    def test_floats_of_another_scale_are_refused(self):
        with pytest.raises(SerError, match='up to 1638.*where 1.0 is full scale'):
            PcmDecoder('F32LE', 1).push((32768 * X).astype('<f4').tobytes())
