# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0

import pytest

from ser_ros.nodes.end_of_file import GRACE_S, PATIENCE_S, EndOfFile

PERIOD_S = 0.5
WINDOW_S = 2.6
END_S = 1e9 + 10.0


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def end_of_file(clock):
    end_of_file = EndOfFile(clock)
    end_of_file.hear_window(PERIOD_S)
    return end_of_file


def waited(end_of_file, clock):
    """Return how long it takes until the end is reached, or None if it never comes [s]."""
    start_s = clock.now_s
    while clock.now_s < start_s + 60.0:
        if end_of_file.reached:
            return clock.now_s - start_s
        clock.now_s += 0.01
    return None


def hear_emotion(end_of_file, stamp_s):
    end_of_file.hear_emotion(stamp_s - WINDOW_S, stamp_s)


def test_without_an_end_it_goes_on(end_of_file, clock):
    hear_emotion(end_of_file, END_S)
    assert waited(end_of_file, clock) is None


@pytest.mark.parametrize('last_first', [True, False])
def test_the_last_emotion_and_the_end_come_in_any_order(end_of_file, clock, last_first):
    last_s = END_S - 0.48
    hear = [lambda: end_of_file.hear_end(END_S), lambda: hear_emotion(end_of_file, last_s)]
    for call in reversed(hear) if last_first else hear:
        call()
    assert waited(end_of_file, clock) == pytest.approx(GRACE_S, abs=0.02)


def test_an_emotion_before_the_last_one_changes_nothing(end_of_file, clock):
    end_of_file.hear_end(END_S)
    clock.now_s += 3.0
    hear_emotion(end_of_file, END_S - 0.52)
    assert waited(end_of_file, clock) == pytest.approx(PATIENCE_S - 3.0, abs=0.02)


def test_a_file_without_windows_ends_after_all(clock):
    end_of_file = EndOfFile(clock)
    end_of_file.hear_end(END_S)
    assert waited(end_of_file, clock) == pytest.approx(PATIENCE_S, abs=0.02)


def test_the_end_of_an_earlier_file_does_not_count(end_of_file, clock):
    end_of_file.hear_end(END_S)
    hear_emotion(end_of_file, END_S + 20.0)
    assert waited(end_of_file, clock) is None
    end_of_file.hear_end(END_S + 20.3)
    assert waited(end_of_file, clock) == pytest.approx(GRACE_S, abs=0.02)


@pytest.mark.parametrize('last_first', [True, False])
def test_the_window_of_a_short_file_reaches_over_its_end(end_of_file, clock, last_first):
    hear = [lambda: end_of_file.hear_end(END_S),
            lambda: hear_emotion(end_of_file, END_S + WINDOW_S - 1.0)]
    for call in reversed(hear) if last_first else hear:
        call()
    assert waited(end_of_file, clock) == pytest.approx(GRACE_S, abs=0.02)
