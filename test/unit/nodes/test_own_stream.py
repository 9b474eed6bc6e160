# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of the own node among those of others."""

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not sourced')

from ser_ros.nodes.own_stream import OwnStream  # noqa: E402


def takes(stream, *messages):
    """Give messages of (number, time of publishing, stamp)."""
    return [stream.takes({'publication_sequence_number': number, 'source_timestamp': sent_ns},
                         stamp_ns) for number, sent_ns, stamp_ns in messages]


def test_alone():
    stream = OwnStream(lambda: ['own'])
    stream.start(1000)
    assert all(takes(stream, (1, 1001, 0), (2, 1002, 500), (5, 1005, 2000)))
    assert not stream.has_strangers


def test_who_was_there_before_is_a_stranger():
    stream = OwnStream(lambda: ['own', 'other'])
    assert takes(stream, (51, 900, 0), (52, 910, 100)) == [False, False]
    stream.start(1000)
    assert takes(stream, (53, 999, 200), (54, 1001, 300)) == [False, False]  # on their way
    assert stream.has_strangers


def test_who_comes_later_is_not_taken():
    names = ['own']
    stream = OwnStream(lambda: names)
    stream.start(1000)
    assert takes(stream, (1, 1001, 0)) == [True]
    names.append('other')
    assert takes(stream, (100, 1002, 30), (2, 1003, 100), (1, 1004, 130),
                 (3, 1005, 200)) == [False, True, False, True]
    assert not stream.has_strangers


def test_where_others_are_nobody_knows_whose_the_first_message_is():
    stream = OwnStream(lambda: ['own', 'other'])
    stream.start(1000)
    assert takes(stream, (1, 1001, 0)) == [False]
    assert stream.has_strangers


def test_without_numbers():
    stream = OwnStream(lambda: ['own'])
    assert not stream.takes({}, 0)
    stream.start(1000)
    assert stream.takes({}, 0)
