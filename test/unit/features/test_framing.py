# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0

import numpy as np
import pytest

from ser_ros.errors import SerError
from ser_ros.features.framing import MAX_AMPLITUDE, FrameBuffer, check_samples
from ser_ros.features.ring import ColumnRing


@pytest.mark.parametrize('samples', [
    np.zeros(0, np.float32), np.zeros(5, np.float32),
    np.array([-MAX_AMPLITUDE, MAX_AMPLITUDE], np.float32)])
def test_sound_passes(samples):
    check_samples(samples)


@pytest.mark.parametrize('samples, message', [
    (np.zeros(5), 'float32 array, not float64'),
    (np.zeros(5, np.int16), 'float32 array, not int16'),
    ([0.0, 0.1], 'float32 array, not list'),
    (np.zeros((2, 5), np.float32), r'shape \(n,\), not \(2, 5\); mix'),
    (np.zeros((), np.float32), r'shape \(n,\), not \(\)'),
    (np.array([0, np.nan], np.float32), 'finite, with full scale at 1.0; got nan to nan'),
    (np.array([np.inf, 0], np.float32), 'got 0.0 to inf'),
    (np.array([0, 32767], np.float32), 'got 0.0 to 32767.0'),
    (np.array([0, -32768], np.float32), 'got -32768.0 to 0.0'),
])
def test_what_is_no_sound_is_refused(samples, message):
    with pytest.raises(SerError, match=message):
        check_samples(samples)


def frames_of(samples, chunk, frame=8, hop=3, max_frames=4):
    buffer = FrameBuffer(frame, hop, max_frames)
    found = []
    for start in range(0, len(samples), chunk):
        for frames in buffer.push(samples[start:start + chunk]):
            assert 1 <= len(frames) <= max_frames
            found.extend(frames.copy())
    return np.array(found)


@pytest.mark.parametrize('chunk', [1, 2, 3, 7, 8, 17, 20, 100])
def test_frames_of_a_stream(chunk):
    samples = np.arange(100, dtype=np.float32)
    expected = [samples[start:start + 8] for start in range(0, 93, 3)]
    np.testing.assert_array_equal(frames_of(samples, chunk), expected)


def test_too_little_for_a_frame():
    assert len(frames_of(np.zeros(7, np.float32), 2)) == 0


def test_frames_that_do_not_overlap():
    samples = np.arange(30, dtype=np.float32)
    np.testing.assert_array_equal(
        frames_of(samples, 7, frame=10, hop=10, max_frames=1), samples.reshape(3, 10))


def test_reset_forgets_the_rest():
    buffer = FrameBuffer(4, 2, 2)
    assert not list(buffer.push(np.ones(3, np.float32)))
    buffer.reset()
    assert not list(buffer.push(np.zeros(3, np.float32)))
    (frames,) = [part.copy() for part in buffer.push(np.zeros(1, np.float32))]
    np.testing.assert_array_equal(frames, np.zeros((1, 4)))


@pytest.mark.parametrize('lead', [(), (3,)])
@pytest.mark.parametrize('step', [1, 2, 5, 7, 23])
def test_ring_keeps_the_latest_columns(lead, step):
    ring = ColumnRing(5, lead, np.float64)
    columns = np.arange(46.0) + np.arange(int(np.prod(lead))).reshape(lead + (1,)) * 100
    for start in range(0, 46, step):
        ring.write(columns[..., start:start + step])
    np.testing.assert_array_equal(ring.window(), columns[..., -5:])
