# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A file waits for the slowest node, and never for ever."""

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not sourced')

from ser_ros.nodes.back_pressure import (  # noqa: E402
    MAX_AHEAD_NS,
    MAX_WINDOWS,
    PATIENCE_S,
    BackPressure,
)
from ser_ros.nodes.messages import AudioProgress  # noqa: E402
from ser_ros.nodes.stamps import to_stamp  # noqa: E402

START_NS = 1_700_000_000 * 10**9
CHUNK_NS = 20 * 10**6


class Log:
    def __init__(self):
        self.lines = []

    def info(self, text):
        self.lines.append(text)

    warning = info


class Graph:
    """feature_extraction and emotion_inference, as the file hears of them."""

    def __init__(self):
        self.names = ['/features', '/inference']
        self.log = Log()
        self.pressure = BackPressure(lambda: self.names, self.log)

    def hear(self, stamp_ns=0, windows=0, begins=False):
        message = AudioProgress(
            node='/features', hears_sound=True, begins=begins, windows=windows)
        message.header.stamp = to_stamp(stamp_ns)
        self.pressure.hear(message)

    def answer(self, windows=0, begins=False, node='/inference'):
        self.pressure.hear(AudioProgress(node=node, begins=begins, windows=windows))

    def look(self, seconds):
        for _ in range(seconds):
            self.pressure.look()


@pytest.fixture
def graph():
    graph = Graph()
    graph.hear(begins=True)
    graph.answer(begins=True)
    assert graph.pressure.is_complete()
    assert graph.pressure.keeps_up(START_NS)
    return graph


def test_it_starts_once_all_nodes_have_reported():
    graph = Graph()
    assert not graph.pressure.is_complete()
    graph.hear(begins=True)
    assert not graph.pressure.is_complete()
    assert graph.pressure.awaited == ['/inference']
    graph.answer(begins=True)
    assert graph.pressure.is_complete()


def test_it_waits_for_who_hears_the_sound(graph):
    assert graph.pressure.keeps_up(START_NS + MAX_AHEAD_NS)
    assert not graph.pressure.keeps_up(START_NS + MAX_AHEAD_NS + CHUNK_NS)
    graph.hear(START_NS + CHUNK_NS)
    assert graph.pressure.keeps_up(START_NS + MAX_AHEAD_NS + CHUNK_NS)


def test_it_waits_for_who_answers_the_windows(graph):
    graph.hear(START_NS, windows=MAX_WINDOWS)
    assert graph.pressure.keeps_up(START_NS)
    graph.hear(START_NS, windows=MAX_WINDOWS + 1)
    assert not graph.pressure.keeps_up(START_NS)
    assert graph.pressure.awaited == ['/inference']
    graph.answer(1)
    assert graph.pressure.keeps_up(START_NS)
    assert not graph.pressure.is_done()
    graph.answer(MAX_WINDOWS + 1)
    assert graph.pressure.is_done()


@pytest.mark.parametrize('is_first', [False, True])
def test_windows_before_the_file_are_nobodys_business(is_first):
    """Whichever of the nodes is heard first."""
    graph = Graph()
    if is_first:
        graph.answer(begins=True)
    graph.hear(windows=1000, begins=True)
    if not is_first:
        graph.answer(begins=True)
    assert graph.pressure.keeps_up(START_NS)
    assert graph.pressure.keeps_up(START_NS + CHUNK_NS)


def test_the_sound_of_an_earlier_file_does_not_count(graph):
    graph.hear(START_NS + 10**12)  # played fast, thus ahead
    assert not graph.pressure.keeps_up(START_NS + MAX_AHEAD_NS + CHUNK_NS)


def test_a_node_that_hangs_is_given_up_with_a_line(graph):
    graph.hear(START_NS, windows=MAX_WINDOWS + 1)
    assert not graph.pressure.keeps_up(START_NS)
    graph.look(PATIENCE_S - 1)
    assert not graph.pressure.keeps_up(START_NS)
    graph.look(1)
    assert graph.pressure.keeps_up(START_NS)
    line, = graph.log.lines
    assert '/inference has not followed the file for 30 s' in line
    graph.answer(MAX_WINDOWS + 1)
    assert graph.log.lines[1:] == ['/inference follows the file again']


def test_others_that_come_on_do_not_prolong_the_wait(graph):
    graph.hear(START_NS, windows=MAX_WINDOWS + 1)
    for _ in range(PATIENCE_S):
        assert not graph.pressure.keeps_up(START_NS)
        graph.answer(MAX_WINDOWS + 1, node='/responder')
        graph.look(1)
    assert graph.pressure.keeps_up(START_NS)


def test_one_that_says_the_same_again_and_again_does_not_stop_the_file(graph):
    for _ in range(PATIENCE_S):
        graph.hear(START_NS)
        assert not graph.pressure.keeps_up(START_NS + MAX_AHEAD_NS + CHUNK_NS)
        graph.look(1)
    assert graph.pressure.keeps_up(START_NS + MAX_AHEAD_NS + CHUNK_NS)


@pytest.mark.parametrize('hears_sound', [False, True])
@pytest.mark.parametrize('sec', [2**31 - 1, 0, -2**31])
def test_no_stranger_stops_the_file(graph, sec, hears_sound):
    message = AudioProgress(node='x' * 1000, hears_sound=hears_sound, windows=2**32 - 1)
    message.header.stamp.sec = sec
    for _ in range(PATIENCE_S):
        graph.pressure.hear(message)
        graph.hear(START_NS)
        graph.answer()
        graph.pressure.keeps_up(START_NS)
        graph.look(1)
    assert graph.pressure.keeps_up(START_NS)


def test_a_slow_node_is_never_given_up(graph):
    graph.hear(START_NS, windows=MAX_WINDOWS + 10)
    for windows in range(1, 10):
        assert not graph.pressure.keeps_up(START_NS)
        graph.look(PATIENCE_S - 1)
        graph.answer(windows)
    assert not graph.log.lines


def test_a_node_that_is_never_heard_does_not_stop_the_start():
    graph = Graph()
    graph.hear(begins=True)
    for _ in range(PATIENCE_S):
        assert not graph.pressure.is_complete()
        graph.look(1)
    assert graph.pressure.is_complete()


def test_a_node_whose_process_is_started_again_counts_windows_from_0(graph):
    graph.hear(START_NS, windows=60)
    graph.answer(60)
    graph.hear(begins=True)
    graph.hear(START_NS, windows=1)
    assert graph.pressure.keeps_up(START_NS)
    graph.answer(1)
    graph.hear(START_NS, windows=MAX_WINDOWS + 2)
    assert not graph.pressure.keeps_up(START_NS)
    assert graph.pressure.awaited == ['/inference']


def test_nobody_who_makes_windows_is_nobody_to_wait_for():
    graph = Graph()
    graph.names = ['/inference']
    graph.answer(begins=True)
    assert graph.pressure.is_complete()
    for index in range(100):
        assert graph.pressure.keeps_up(START_NS + index * CHUNK_NS)
    assert graph.pressure.is_done()


def test_a_node_that_is_activated_again_begins_with_what_comes(graph):
    graph.hear(START_NS, windows=MAX_WINDOWS + 1)
    position_ns = START_NS + MAX_AHEAD_NS + CHUNK_NS
    assert not graph.pressure.keeps_up(position_ns)
    assert set(graph.pressure.awaited) == {'/features', '/inference'}
    graph.answer(begins=True)
    assert not graph.pressure.keeps_up(position_ns)
    assert graph.pressure.awaited == ['/features']
    graph.pressure.take_begin()
    graph.hear(windows=MAX_WINDOWS + 1, begins=True)
    assert graph.pressure.take_begin()
    assert not graph.pressure.take_begin()
    assert graph.pressure.keeps_up(position_ns)
