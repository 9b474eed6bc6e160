# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which publisher is followed."""

import pytest

from ser_ros.nodes.followed import Followed


class Topic:
    def __init__(self):
        self.now_s = 0.0
        self.names = ['first']
        self.followed = Followed(lambda: self.names, lambda: self.now_s)

    def send(self, *sequences):
        return [self.followed.takes(sequence) for sequence in sequences]


@pytest.fixture
def topic():
    return Topic()


def test_the_first_is_followed_and_the_other_is_named(topic):
    assert topic.send(101, 102) == [True, True]
    topic.names = ['first', 'second']
    assert topic.send(1, 103, 2, 104, 105, 3) == [False, True, False, True, True, False]
    assert topic.followed.others == 'second'
    assert topic.followed.refused == 3


def test_lost_messages_and_restarts_of_the_only_one_are_taken(topic):
    assert all(topic.send(1, 5, 200, 1, 2))
    assert topic.followed.others == ''


def test_lost_messages_beside_another_publisher(topic):
    topic.send(1000)
    topic.names = ['first', 'second']
    assert topic.send(1, 1003, 2, 1004) == [False, True, False, True]


def test_it_is_over_to_the_next_when_the_first_is_gone(topic):
    topic.send(1000)
    topic.names = ['first', 'second']  # a killed process stays in the graph for 20 s
    assert topic.send(7, 8) == [False, False]
    topic.now_s = 1.9
    assert topic.send(9) == [False]
    topic.now_s = 2.1
    assert topic.send(10, 11) == [True, True]
    assert topic.followed.changes == 1
    assert topic.send(1001) == [False]


@pytest.mark.parametrize('phase', [1, 7, 13, 19])
def test_two_that_started_at_once_are_told_apart_by_their_stamps(topic, phase):
    """Their numbers are the same, and they overtake each other."""
    topic.names = ['first', 'second']
    mine, other = ([(number, 20 * number + shift) for number in range(1, 100)]
                   for shift in (0, phase))
    assert topic.followed.takes(*mine[0])
    assert not topic.followed.takes(*other[0])
    assert topic.followed.takes(*mine[1])
    assert not topic.followed.takes(*other[1])
    for number in range(2, 97):
        late = number % 3 == 0  # the other one is there first
        for message in (other, mine) if late else (mine, other):
            assert topic.followed.takes(*message[number]) == (message is mine), number


def test_one_that_is_faster_overtakes(topic):
    """Its numbers cross those of the followed one."""
    topic.send(1)
    topic.names = ['first', 'second']
    number = 1
    for step in range(2, 40):
        assert topic.followed.takes(step, 500 * step)
        for _ in range(5):
            assert not topic.followed.takes(number, 17 + 100 * number), (step, number)
            number += 1


def test_without_numbers_all_are_taken(topic):
    topic.names = ['first', 'second']
    assert topic.send(0, 0) == [True, True]
