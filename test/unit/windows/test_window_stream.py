# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0

import dataclasses

import numpy as np
import pytest
from signals import SIGNALS, WINDOW_SAMPLES, noise, voice

from ser_ros.errors import SerError
from ser_ros.features.level import level_dbfs
from ser_ros.features.registry import create_extractor
from ser_ros.windows.window_stream import WindowStream, check_period

PERIOD = 8000
SOUND = np.concatenate([
    voice(0.2), noise(0.001)[:9000], voice(0.05)[:30000]]).astype(np.float32)


class LoudIsSpeech:
    """Stands for the voice activity: the share of samples above 0.01."""

    def keep(self, n_samples):
        self.kept = n_samples

    def reset(self):
        self._heard = np.zeros(0, np.float32)

    def push(self, samples):
        self._heard = np.concatenate([self._heard, samples])

    def probability(self, n_samples):
        return float((np.abs(self._heard[-n_samples:]) > 0.01).mean())


def make_stream(period_s=0.5):
    return WindowStream(create_extractor('mel_yin_rms/1'), LoudIsSpeech(), period_s)


def collect(stream, sound, chunk):
    found = []
    for start in range(0, len(sound), chunk):
        for window in stream.push(sound[start:start + chunk]):
            found.append(dataclasses.replace(window, input=window.input.copy()))
    return found


@pytest.fixture(scope='module')
def whole():
    return collect(make_stream(), SOUND, len(SOUND))


def test_one_window_each_period(whole):
    ends = list(range(WINDOW_SAMPLES, len(SOUND) + 1, PERIOD))
    assert [window.end_sample for window in whole] == ends
    assert [window.start_sample for window in whole] == [end - WINDOW_SAMPLES for end in ends]
    assert [window.index for window in whole] == list(range(len(ends)))


def test_what_a_window_says(whole):
    extractor = create_extractor('mel_yin_rms/1')
    for window in whole:
        sound = SOUND[window.start_sample:window.end_sample]
        extractor.reset()
        extractor.push(sound)
        np.testing.assert_array_equal(window.input, extractor.input())
        np.testing.assert_equal(window.pitch_hz, extractor.pitch_hz())
        assert window.level_dbfs == pytest.approx(level_dbfs(sound[-PERIOD:]))
        loud = np.abs(sound) > 0.01
        assert window.speech_probability == np.float32(loud.mean())
        assert window.recent_speech_probability == np.float32(loud[-PERIOD:].mean())


@pytest.mark.parametrize('chunk', [1, 100, 320, 441, 1024, 8000, 50000])
def test_chunks_change_nothing(whole, chunk):
    for window, expected in zip(collect(make_stream(), SOUND, chunk), whole):
        for name, value in dataclasses.asdict(window).items():
            np.testing.assert_array_equal(value, getattr(expected, name))


def test_period_longer_than_the_window():
    sound = np.concatenate([SIGNALS['silence'][:16000]] + [voice(0.2)] * 4).astype(np.float32)
    windows = collect(make_stream(5.0), sound, 1000)
    assert [window.end_sample for window in windows] == [WINDOW_SAMPLES, WINDOW_SAMPLES + 80000]
    for window in windows:
        newest = sound[window.start_sample:window.end_sample]
        assert window.level_dbfs == pytest.approx(level_dbfs(newest))
        assert window.recent_speech_probability == window.speech_probability


def test_reset_starts_anew(whole):
    stream = make_stream()
    collect(stream, SOUND[:WINDOW_SAMPLES + 1234], 320)
    stream.reset()
    (window,) = collect(stream, SOUND[:WINDOW_SAMPLES], 320)
    assert window.index == 0 and window.start_sample == 0
    np.testing.assert_array_equal(window.input, whole[0].input)
    assert window.level_dbfs == whole[0].level_dbfs


def test_bad_samples_are_refused_at_once():
    stream = make_stream()
    with pytest.raises(SerError, match='finite'):
        stream.push(np.array([np.nan], np.float32))
    assert len(collect(stream, SOUND[:WINDOW_SAMPLES], 320)) == 1


@pytest.mark.parametrize('period_s, hops', [(0.1, 5), (0.5, 25), (0.3, 15), (2.6, 130), (5, 250)])
def test_period_in_hops(period_s, hops):
    assert check_period(period_s, 0.02) == hops


@pytest.mark.parametrize('period_s', [0.0, 0.08, 5.02, -1.0, 0.11, 0.510001, float('nan')])
def test_bad_period(period_s):
    with pytest.raises(SerError, match='multiple of 0.02 s from 0.1 to 5.0 s, not'):
        make_stream(period_s)


@pytest.mark.parametrize('offset', [0.1, -0.2, 0.02])
def test_an_offset_of_the_sound_changes_little(whole, offset):
    found = collect(make_stream(), SOUND + np.float32(offset), 320)
    assert len(found) == len(whole)
    for window, expected in zip(found, whole):
        assert window.level_dbfs == pytest.approx(expected.level_dbfs, abs=1.0)
        assert window.end_sample == expected.end_sample
    assert np.abs(found[0].input - whole[0].input).mean() < 0.02


@pytest.mark.parametrize('chunk', [1, 320, 50000])
def test_chunks_change_nothing_with_an_offset(chunk):
    sound = SOUND + np.float32(0.15)
    expected = collect(make_stream(), sound, len(sound))
    found = collect(make_stream(), sound, chunk)
    for window, other in zip(found, expected):
        for name, value in dataclasses.asdict(window).items():
            np.testing.assert_array_equal(value, getattr(other, name))


@pytest.mark.parametrize('size', [1, 100, 7999, 8001])
def test_a_recording_shorter_than_what_finds_the_offset(size):
    windows = list(make_stream().recording([SOUND[:size]]))
    assert [window.end_sample for window in windows] == [WINDOW_SAMPLES]
