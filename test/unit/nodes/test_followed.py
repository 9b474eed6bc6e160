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


def test_without_numbers_all_are_taken(topic):
    topic.names = ['first', 'second']
    assert topic.send(0, 0) == [True, True]
