# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps by counting samples: steady under jitter, true under drift, new after a hole."""

import numpy as np

from ser_ros.audio.capture import MICROPHONE
from ser_ros.audio.sample_clock import SampleClock, Tolerance

MS = 10 ** 6
CHUNK_NS = 20 * MS
START_NS = 1_700_000_000 * 10 ** 9


def stamps(measured_ns):
    clock = SampleClock(16000, MICROPHONE)
    return clock, [clock.stamp(int(measured), 320) for measured in measured_ns]


def test_true_times_are_taken_as_they_are():
    measured = START_NS + CHUNK_NS * np.arange(1000)
    clock, result = stamps(measured)
    assert result == measured.tolist()
    assert clock.gaps == 0


def test_jitter_is_smoothed():
    true = START_NS + CHUNK_NS * np.arange(3000)
    jitter = np.random.RandomState(0).randint(-10 * MS, 10 * MS, 3000)
    jitter[0] = 0
    _, result = stamps(true + jitter)
    assert np.abs(np.array(result) - true).max() < 1.5 * MS
    assert np.abs(np.diff(result) - CHUNK_NS).max() < 0.1 * MS


def test_a_device_with_a_slow_crystal_is_followed():
    measured = START_NS + (CHUNK_NS * 1.0001 * np.arange(50000)).astype(np.int64)
    clock, result = stamps(measured)
    assert np.abs(np.array(result) - measured).max() < 0.6 * MS
    assert clock.gaps == 0


def test_a_hole_is_counted_and_stamped_anew():
    measured = START_NS + CHUNK_NS * np.arange(100)
    measured[50:] += 150 * MS
    clock, result = stamps(measured)
    assert clock.gaps == 1
    assert result[:50] == measured[:50].tolist()
    assert result[54:] == measured[54:].tolist()


def test_chunks_that_come_late_in_a_bunch_are_no_hole():
    measured = START_NS + CHUNK_NS * np.arange(100)
    # The process stood still for 190 ms; then everything that had waited came at once.
    measured[50:60] = measured[59]
    clock, result = stamps(measured)
    assert clock.gaps == 0
    assert np.abs(np.diff(result) - CHUNK_NS).max() < MS


def test_a_clock_set_back_is_followed_at_once():
    measured = START_NS + CHUNK_NS * np.arange(100)
    measured[50:] -= 3600 * 10 ** 9
    clock, result = stamps(measured)
    assert clock.gaps == 1
    assert result == measured.tolist()


def test_a_restart_is_no_hole():
    clock, _ = stamps([START_NS])
    clock.restart()
    assert clock.stamp(START_NS + 10 ** 12, 320) == START_NS + 10 ** 12
    assert clock.gaps == 0


def test_the_parts_of_a_stamp_for_callers_that_fill_holes():
    clock = SampleClock(8000, Tolerance(
        gain=0.5, followed_ns=30, early_gap_ns=20, late_gap_ns=30, lasting_gap_ns=10,
        lasting_chunks=2))
    clock.restart(1000)
    assert clock.time_ns(16, 16000) == 1000 + 10 ** 6
    clock.advance(8)
    assert clock.deviation_ns(1000 + 10 ** 6 + 12) == 12
    assert [clock.is_gap(deviation_ns) for deviation_ns in (12, 12, 5, 12, -21, 31, 30)] == [
        False, True, False, False, True, True, True]
    clock.follow(12)
    assert clock.time_ns(0, 8000) == 1006
    clock.follow(31)
    assert clock.time_ns(0, 8000) == 1006
