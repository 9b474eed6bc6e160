# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sound that is lost, late, or comes twice."""

import numpy as np
import pytest
from test_audio_input import START_NS, S, make_stage

from ser_ros.audio.capture import MICROPHONE
from ser_ros.audio.sample_clock import SampleClock

CHUNK, CHUNK_NS = 320, 20000000


def feed(stage, chunks, drop=lambda index: False, late_ns=lambda index: 0, times=lambda index: 1):
    """Push noise in chunks of 20 ms; return the windows."""
    random = np.random.default_rng(1)
    windows = []
    for index in range(chunks):
        data = random.integers(-2000, 2000, CHUNK).astype('<i2').tobytes()
        for _ in range(0 if drop(index) else times(index)):
            windows += stage.push(data, START_NS + index * CHUNK_NS + late_ns(index))
    return windows


@pytest.mark.parametrize('drop, share', [
    (lambda index: index % 50 < 4, 0.08),  # 80 ms each second
    (lambda index: index % 20 == 7, 0.05),
    (lambda index: index % 10 < 3, 0.3),
    (lambda index: 50 <= index % 100 < 80, 0.3),  # 600 ms of every 2 s: the holes are filled
    (lambda index: index % 50 == 1, 0.02),
])
def test_lost_sound_is_measured(drop, share):
    stage = make_stage()
    feed(stage, 1000, drop)
    assert stage.lost.total_ns / S == pytest.approx(20 * share, abs=0.9 * share + 0.05)
    assert stage.lost.recent_share == pytest.approx(share, abs=0.25 * share)


@pytest.mark.parametrize('late_ns', [
    lambda index: 0,
    lambda index: (index % 7) * 12000000,  # the process is busy again and again
    lambda index: 80000000 if index % 50 < 10 else 0,
    lambda index: index * CHUNK_NS // 2000,  # the crystal is off by 5e-4
    lambda index: -index * CHUNK_NS // 2000,
    lambda index: 60000000 if index else 0,  # the first one came out of a buffer
])
def test_late_sound_is_not_lost(late_ns):
    stage = make_stage()
    windows = feed(stage, 1500, late_ns=late_ns)
    assert stage.lost.total_ns < 30000000
    assert stage.lost.recent_share < 0.005
    assert max(window.missing_share for window in windows) < 0.05


def test_windows_know_how_much_of_them_is_lost():
    whole, holey, filled = (
        [window.missing_share for window in feed(make_stage(), 500, drop)] for drop in (
            lambda index: False, lambda index: index % 10 < 3,
            lambda index: 200 <= index < 220))
    assert max(whole) == 0.0
    # The windows here are 62 ms, less than two gaps of 60 ms are apart.
    assert np.mean(holey[100:]) == pytest.approx(0.3, abs=0.1)
    assert max(filled) == 1.0 and np.count_nonzero(filled) == pytest.approx(14, abs=3)


@pytest.mark.parametrize('times', [lambda index: 2, lambda index: 1 + (index % 10 == 0)])
def test_repeated_chunks_change_nothing(times):
    once, twice = make_stage(), make_stage()
    expected, windows = feed(once, 300), feed(twice, 300, times=times)
    assert [window.end_ns for window in windows] == [window.end_ns for window in expected]
    for window, other in zip(windows, expected):
        np.testing.assert_array_equal(window.window.input, other.window.input)
    assert once.repeats.count == 0
    assert twice.repeats.count == sum(times(index) - 1 for index in range(300))
    assert twice.gaps == twice.restarts == twice.lost.total_ns == 0


def test_digital_zeros_are_not_taken_for_repeats():
    stage = make_stage()
    for index in range(100):
        list(stage.push(bytes(640), START_NS + index * CHUNK_NS))
    assert stage.repeats.count == 0


@pytest.mark.parametrize('share', [0.02, 0.05, 0.1])
def test_chunks_that_are_lost_at_random_are_measured(share):
    lost = np.random.default_rng(7).random(1500) < share
    stage = make_stage()
    feed(stage, 1500, lambda index: lost[index])
    assert stage.lost.total_ns == pytest.approx(
        np.count_nonzero(lost) * CHUNK_NS, rel=0.2, abs=4 * CHUNK_NS)


@pytest.mark.parametrize('drop, share', [
    (lambda index: index % 20 == 7, 0.05),
    (lambda index: index % 250 >= 245, 0.02),
    (lambda index: index % 500 >= 450, 0.1),
])
def test_what_a_device_loses_is_measured_by_the_stamps_of_audio_capture(drop, share):
    """An overflow of PortAudio: the times of the device go on, the samples do not."""
    random = np.random.default_rng(5)
    clock, stage = SampleClock(16000, MICROPHONE), make_stage()
    for index in range(3000):
        data = random.integers(-2000, 2000, CHUNK).astype('<i2').tobytes()
        captured_ns = START_NS + index * CHUNK_NS + int(random.integers(2000000))
        if not drop(index):
            list(stage.push(data, clock.stamp(captured_ns, CHUNK)))
    assert stage.lost.total_ns / S == pytest.approx(60 * share, rel=0.25)
