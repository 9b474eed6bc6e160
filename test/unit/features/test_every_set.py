# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What holds for every feature set: when there is a window, and what leaves the stream alone."""

import numpy as np
import pytest
from signals import SIGNALS, TIME_S, noise

from ser_ros.errors import SerError
from ser_ros.features.registry import FEATURE_SETS, create_extractor


@pytest.fixture(params=sorted(FEATURE_SETS))
def empty(request):
    """An extractor that has heard nothing."""
    return create_extractor(request.param)


@pytest.fixture
def voice(empty):
    """Exactly a window of a voice."""
    return np.resize(SIGNALS['voice'], empty.window_samples)


@pytest.fixture
def extractor(empty, voice):
    """An extractor that has heard that window."""
    empty.push(voice)
    return empty


def test_a_window_is_there_with_its_last_sample(empty, voice):
    empty.push(voice[:-1])
    reason = f'{empty.window_samples} samples, and so far there are {len(voice) - 1}'
    for question in (empty.input, empty.pitch_hz):
        with pytest.raises(SerError, match=reason):
            question()
    empty.push(voice[-1:])
    assert empty.input().shape == empty.input_shape


def test_image_goes_to_the_given_array(extractor):
    out = np.empty(extractor.input_shape, np.float32)
    assert extractor.input(out) is out
    np.testing.assert_array_equal(out, extractor.input())


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf, 1e30])
def test_refused_samples_are_not_taken_in(extractor, bad):
    before = extractor.input()
    samples = np.zeros(3000, np.float32)
    samples[1234] = bad
    for take in (extractor.push, extractor.columns):
        with pytest.raises(SerError, match='must be finite'):
            take(samples)
    np.testing.assert_array_equal(extractor.input(), before)


def test_reset_forgets(extractor, voice):
    expected, pitch_hz = extractor.input(), extractor.pitch_hz()
    extractor.push((TIME_S % 0.1).astype(np.float32))
    assert not np.array_equal(extractor.input(), expected)
    extractor.reset()
    with pytest.raises(SerError, match='so far there are 0$'):
        extractor.input()
    extractor.push(voice)
    np.testing.assert_array_equal(extractor.input(), expected)
    assert extractor.pitch_hz() == pitch_hz


def test_columns_leave_the_stream_alone(extractor):
    before = extractor.input()
    extractor.columns(noise(0.1).astype(np.float32))
    np.testing.assert_array_equal(extractor.input(), before)


def test_shape_and_length_are_those_of_the_extractor(empty):
    again = create_extractor(empty.name, empty.input_shape)
    assert again.input_shape == empty.input_shape
    assert again.window_samples == empty.window_samples <= empty.min_samples
    assert empty.columns(np.zeros(empty.window_samples, np.float32))[0].shape[-1] == (
        empty.window_columns)


def test_another_shape_is_refused(empty):
    with pytest.raises(SerError, match=f'{empty.name} .* not \\[1, 2, 3, 4\\]'):
        create_extractor(empty.name, (1, 2, 3, 4))
