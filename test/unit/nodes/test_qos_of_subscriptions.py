# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""With which quality of service a node listens."""

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not sourced')

from ser_ros.nodes import qos  # noqa: E402


def test_what_two_publishers_have_latched_does_not_displace_each_other():
    listening = qos.of_subscription(qos.LATCHED)
    assert listening.depth > 1
    assert (listening.durability, listening.reliability) == (
        qos.LATCHED.durability, qos.LATCHED.reliability)
    assert qos.of_subscription(qos.AUDIO) is qos.AUDIO


def test_emotions_of_others_do_not_displace_those_of_the_own_graph():
    assert qos.of_subscription(qos.EMOTION).depth >= 100
    assert qos.of_subscription(qos.EMOTION).reliability == qos.EMOTION.reliability
