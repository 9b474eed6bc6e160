# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the mitigation makes of an Emotion, which anybody may have published."""

import math

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not sourced')

from ser_ros.nodes.emotion_messages import to_estimate  # noqa: E402
from ser_ros.nodes.messages import Emotion  # noqa: E402
from ser_ros.nodes.stamps import to_stamp  # noqa: E402


def message(**changes):
    values = {'state': Emotion.STATE_EMOTION, 'label': 'anger', 'confidence': 0.75,
              'labels': ['anger', 'neutral'], 'probabilities': [0.75, 0.25]}
    made = Emotion(**dict(values, **changes))
    made.header.stamp = to_stamp(12500000000)
    return made


def test_what_it_says():
    estimate = to_estimate(message())
    assert estimate.problem == ''
    assert estimate == (12.5, 2, 'anger', 0.75, {'anger': 0.75, 'neutral': 0.25}, '')


def test_nobody_has_to_give_probabilities():
    assert to_estimate(message(labels=[], probabilities=[])).problem == ''


@pytest.mark.parametrize('changes, problem', [
    ({'probabilities': [0.75]}, '2 labels and 1 probabilities'),
    ({'labels': []}, '0 labels and 2 probabilities'),
    ({'labels': ['anger'] * 2}, 'a label is given twice'),
    ({'labels': [str(n) for n in range(1001)], 'probabilities': [0.0] * 1001}, 'up to 1000'),
    ({'probabilities': [math.nan, 0.5]}, 'probability of anger is nan'),
    ({'probabilities': [-0.5, 0.5]}, 'probability of anger is -0.5'),
    ({'probabilities': [0.75, 1.5]}, 'probability of neutral is 1.5'),
    ({'confidence': math.inf}, 'confidence is inf'),
    ({'label': ''}, 'the label is empty'),
    ({'state': 77}, 'the state is 77'),
])
def test_what_is_not_right(changes, problem):
    estimate = to_estimate(message(**changes))
    assert problem in estimate.problem
    with pytest.raises(Exception, match='.'):
        estimate.check()


def test_a_problem_is_no_longer_than_a_line():
    estimate = to_estimate(message(labels=['a' * 10**6, 'b'], probabilities=[2.0, 0.0]))
    assert 0 < len(estimate.problem) < 500
