# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps of another clock, and what only looks like them."""

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not sourced')

from ser_ros.nodes.clock_offset import ClockOffset  # noqa: E402

S = 10**9
NOW_NS = 1_700_000_000 * S


class Sound:
    """Chunks of 20 ms, and the clock."""

    def __init__(self):
        self.lines = []
        self.now_s = 0.0
        self.offset = ClockOffset(self, lambda: self.now_s)

    def warning(self, text):
        self.lines.append(text)

    def run(self, offset_s, seconds=5.0, speed=1.0):
        """Hear sound for some seconds; return what is said in the end."""
        said = ''
        for index in range(int(seconds * 50)):
            self.now_s += 0.02 / speed
            now_ns = NOW_NS + int(self.now_s * S)
            self.offset.hear(now_ns + int((offset_s + index * 0.02 * (1 - 1 / speed)) * S), now_ns)
            if index % 50 == 49:
                said = self.offset.look()
        return said


@pytest.fixture
def sound():
    return Sound()


@pytest.mark.parametrize('offset_s, words', [
    (-3600.0, '3600.0 s behind'), (-1.7e9, '1700000000.0 s behind'), (5.0, '5.0 s ahead of')])
def test_another_clock_is_stated_once(sound, offset_s, words):
    assert words in sound.run(offset_s)
    assert words in sound.run(offset_s)
    assert len(sound.lines) == 1


@pytest.mark.parametrize('offset_s', [0.0, -0.5, -1.5])
def test_sound_that_is_late_is_of_this_clock(sound, offset_s):
    assert not sound.run(offset_s)


def test_a_file_that_is_played_fast_is_of_this_clock(sound):
    assert not sound.run(0.0, 100.0, speed=4.0)
    assert not sound.lines


def test_sound_that_has_waited_at_first_is_of_this_clock(sound):
    sound.run(-8.0, 0.5)
    assert not sound.run(-0.1)
    assert not sound.lines


def test_a_clock_that_is_set_right_is_no_longer_stated(sound):
    assert sound.run(-3600.0)
    assert not sound.run(-0.05)
    sound.run(-3600.0)
    assert len(sound.lines) == 1


@pytest.mark.parametrize('offset_s', [-10.0, 10.0])
def test_a_clock_that_was_wrong_by_seconds_is_set_right(sound, offset_s):
    assert sound.run(offset_s)
    assert not sound.run(-0.05)
