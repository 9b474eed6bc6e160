# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps by the time of arrival do not follow the jitter of the way."""

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not sourced')

from ser_ros.nodes.arrival import ArrivalClock  # noqa: E402

RATE_HZ = 16000
CHUNK = bytes(640)
CHUNK_NS = 20000000


def stamps(arrivals_ns, chunk=CHUNK, channels=1, sample_format='S16LE'):
    arrivals = iter(arrivals_ns)
    clock = ArrivalClock(lambda: next(arrivals), channels, RATE_HZ, sample_format)
    return [clock.stamp_ns(chunk) for _ in arrivals_ns]


def test_the_first_sample_was_captured_before_the_chunk_arrived():
    assert stamps([10**9]) == [10**9 - CHUNK_NS]


@pytest.mark.parametrize('chunk, channels, sample_format', [
    (bytes(1920), 2, 'S24LE'), (bytes(320), 1, 'U8'), (bytes(1280), 1, 'F32BE')])
def test_every_format(chunk, channels, sample_format):
    assert stamps([10**9], chunk, channels, sample_format) == [10**9 - CHUNK_NS]


def test_a_burst_after_a_stall_is_spread():
    on_time = [10**9 + CHUNK_NS * index for index in range(100)]
    arrivals = on_time[:50] + [on_time[74]] * 25 + on_time[75:]
    for stamp, arrival in zip(stamps(arrivals), on_time):
        assert abs(stamp + CHUNK_NS - arrival) < 100e6


def test_the_clock_of_a_device_is_followed():
    arrivals = [10**9 + int(CHUNK_NS * index * 1.001) for index in range(50000)]
    assert abs(stamps(arrivals)[-1] + CHUNK_NS - arrivals[-1]) < 10e6


def test_a_pause_is_no_sound():
    assert stamps([10**9, 10**9 + 10**10])[1] == 10**9 + 10**10 - CHUNK_NS
