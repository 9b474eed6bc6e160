# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What does not come is noticed, in wall time and in the node's own time."""

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not sourced')

from ser_ros.nodes.diagnostics import ERROR, WARN  # noqa: E402
from ser_ros.nodes.watchdog import Watchdog  # noqa: E402

S = 10**9


class Scene:
    def __init__(self):
        self.lines = []
        self.wall_s = 100.0
        self.now_ns = 50 * S
        self.watchdog = Watchdog(
            'sound', 'Start it.', self, lambda: self.now_ns, lambda: self.wall_s)

    def warning(self, text):
        self.lines.append(text)

    info = warning

    def look_after(self, wall_s, node_s):
        self.wall_s += wall_s
        self.now_ns += int(node_s * S)
        found = self.watchdog.look()
        return found and found[0]


@pytest.fixture
def scene():
    return Scene()


@pytest.mark.parametrize('speed', [0.0, 1.0])
def test_silence_is_a_warning_and_then_an_error(scene, speed):
    assert scene.look_after(1.9, 1.9 * speed) is None
    assert scene.look_after(0.2, 0.2 * speed) == WARN
    assert scene.look_after(7.0, 7.0 * speed) == WARN
    assert scene.look_after(1.0, 1.0 * speed) == ERROR
    assert scene.lines == ['no sound for 2 s. Start it.']
    scene.watchdog.hear(scene.now_ns)
    assert scene.look_after(0.1, 0.1) is None
    assert scene.look_after(1.0, 1.0) is None
    assert scene.lines[1:] == ['sound: comes again']


def test_silence_in_a_bag_that_is_played_fast(scene):
    assert scene.look_after(0.2, 4.0) == WARN
    assert scene.look_after(0.5, 10.0) == ERROR


def test_a_clock_that_is_set_is_not_silence(scene):
    assert scene.look_after(0.1, 1e9) is None
    assert scene.look_after(0.1, -1e9) is None


def test_after_the_end_of_a_file_nothing_is_missed_until_there_is_later_sound(scene):
    scene.watchdog.rest_after(60 * S)
    scene.watchdog.hear(59 * S)
    assert scene.look_after(20.0, 20.0) is None
    scene.watchdog.hear(80 * S)
    assert scene.look_after(3.0, 3.0) == WARN
