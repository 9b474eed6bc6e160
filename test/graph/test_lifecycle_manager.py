# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node that was respawned: what a lifecycle manager and the diagnostics notice of it."""

import json

import built_messages
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from harness import diagnosis, printed_by
from lifecycle_msgs.msg import Transition

NODE = 'mitigation_responder'
FORGOTTEN = 'unconfigured since the start, without autostart'
# Prints the statuses of all bonds.
LISTEN = '''
import json, rclpy
from bond.msg import Status
rclpy.init()
node = rclpy.create_node('lifecycle_manager')
def show(status):
    print(json.dumps([status.id, status.instance_id, status.active]), flush=True)
node.create_subscription(Status, 'bond', show, 100)
rclpy.spin(node)
'''


@pytest.fixture(scope='session')
def environment():
    return built_messages.environment('interfaces')


@pytest.fixture
def statuses(environment):
    """Return the statuses of all bonds, [id, instance, active] each: a list that fills."""
    with printed_by(LISTEN, json.loads, env=environment) as found:
        yield found


def activate(peer):
    """Bring the node to active, once its services are known in both directions."""
    assert peer.state(NODE) in ('unconfigured', 'inactive')
    if peer.state(NODE) == 'unconfigured':
        assert peer.transition(NODE, Transition.TRANSITION_CONFIGURE)
    assert peer.transition(NODE, Transition.TRANSITION_ACTIVATE)


def forgotten_since(arrays, count):
    status = diagnosis(arrays[count:], NODE, message=FORGOTTEN)
    return status is not None and status.level == DiagnosticStatus.WARN


def test_a_respawned_node_that_nobody_configures_warns(peer, start):
    arrays = peer.listen(DiagnosticArray, '/diagnostics')
    first = start(NODE)
    activate(peer)
    first.kill()
    count = len(arrays)
    second = start(NODE)
    peer.wait_for(lambda: forgotten_since(arrays, count), 'warning', [second])
    assert peer.transition(NODE, Transition.TRANSITION_CONFIGURE)
    count = len(arrays)
    peer.wait_for(lambda: diagnosis(arrays[count:], NODE, state='inactive'), 'state', [second])
    assert not forgotten_since(arrays, count + 1)
    # Whoever has taken it back so far knows it.
    assert peer.transition(NODE, Transition.TRANSITION_CLEANUP)
    count = len(arrays)
    peer.wait_for(lambda: len(arrays) > count + 3, 'diagnostics', [second])
    assert not forgotten_since(arrays, count)


def test_a_node_that_a_manager_activates_forms_a_bond(peer, start, environment, statuses):
    process = start(NODE, env=environment)
    peer.wait_for(lambda: peer.node.count_subscribers('bond'), 'manager', [process])
    assert not statuses
    activate(peer)
    peer.wait_for(lambda: len(statuses) >= 3, 'signs of life', [process])
    assert {tuple(status) for status in statuses} == {(NODE, statuses[0][1], True)}
    assert peer.transition(NODE, Transition.TRANSITION_DEACTIVATE)
    peer.wait_for(lambda: not statuses[-1][2], 'end of the bond', [process])
    count = len(statuses)
    activate(peer)
    peer.wait_for(lambda: len(statuses) > count and statuses[-1][2], 'another bond', [process])
    assert statuses[-1][1] != statuses[0][1]


def test_a_node_that_ends_in_order_says_so(peer, start, environment, statuses):
    process = start(NODE, env=environment)
    activate(peer)
    peer.wait_for(lambda: statuses, 'signs of life', [process])
    assert process.interrupt() == 0
    peer.wait_for(lambda: not statuses[-1][2], 'end of the bond')


def test_without_a_manager_there_is_no_bond(peer, start, environment):
    process = start(NODE, '-p', 'autostart:=true', env=environment)
    peer.wait_active(NODE, processes=[process])
    assert not peer.node.count_publishers('bond')
