# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""waveform/1: the samples of a window of any allowed length, and what else a window has."""

import numpy as np
import pytest
from signals import RATE_HZ, voice

from ser_ros.errors import SerError
from ser_ros.features.pitch import PitchTracker
from ser_ros.features.registry import create_extractor, shape_of_window
from ser_ros.features.waveform import Waveform


def test_the_input_is_the_latest_samples():
    extractor = create_extractor('waveform/1', (8000,))
    sound = np.random.default_rng(0).uniform(-1, 1, 20000).astype(np.float32)
    for part in np.split(sound, [1, 7999, 8001, 19000]):
        extractor.push(part)
    np.testing.assert_array_equal(extractor.input(), sound[-8000:])
    assert extractor.input().dtype == np.float32


def test_beyond_full_scale_is_clipped():
    extractor = create_extractor('waveform/1', (8000,))
    sound = np.linspace(-1.5, 1.5, 8000, dtype=np.float32)
    extractor.push(sound)
    np.testing.assert_array_equal(extractor.input(), np.clip(sound, -1, 1))


@pytest.mark.parametrize('window_s, samples', [(0.5, 8000), (2.6, 41600), (4, 64000), (15, 240000)])
def test_lengths(window_s, samples):
    shape = shape_of_window('waveform/1', window_s)
    extractor = create_extractor('waveform/1', shape)
    assert shape == extractor.input_shape == (samples,)
    assert extractor.window_samples == extractor.window_columns == samples


def test_4_s_without_a_shape():
    assert shape_of_window('waveform/1', 0.0) is None
    assert create_extractor('waveform/1').input_shape == (64000,)


@pytest.mark.parametrize('samples', [0, 320, 7680, 8001, 64010, 240320])
def test_another_length_is_refused(samples):
    for make in (create_extractor, lambda name, shape: shape_of_window(name, samples / RATE_HZ)):
        if samples or make is create_extractor:
            with pytest.raises(SerError, match=(
                    rf'0.5 to 15 s, a multiple of 0.02 s \(320 samples\), not of .* \({samples} ')):
                make('waveform/1', (samples,))


@pytest.mark.parametrize('name', ['mel_yin_rms/1', 'mel_f0_level/1', 'whisper_mel/1'])
def test_a_set_of_one_length_takes_no_other(name):
    with pytest.raises(SerError, match=rf'window_s is 4, but {name} only makes windows of 2\.6'):
        shape_of_window(name, 4.0)
    assert shape_of_window(name, 0.0) is None


@pytest.mark.parametrize('samples', [8000, 41600, 240000])
def test_the_pitch_is_the_median_of_the_window(samples):
    extractor, tracker = Waveform(samples), PitchTracker(samples)
    sound = np.resize(voice(), samples + 16000).astype(np.float32)
    extractor.push(sound)
    tracker.push(sound[16000:])
    assert extractor.pitch_hz() == tracker.median_hz()


def test_columns_are_the_samples():
    sound = np.resize(voice(), 70000).astype(np.float32)
    columns, = Waveform().columns(sound)
    np.testing.assert_array_equal(columns, sound)
    assert Waveform().columns_are_samples
