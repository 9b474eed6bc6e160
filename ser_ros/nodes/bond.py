# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node's half of a bond, by which a lifecycle manager of Nav2 notices that the node has ended.

It takes the messages of the package bond alone, which Nav2 brings along, and no library. A bond
that the manager breaks asks nothing of a node: the manager itself deactivates it.
"""

import uuid
from typing import Optional

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.timer import Timer

from ser_ros.nodes import qos
from ser_ros.nodes.topics import publishes

TOPIC = publishes('bond', 'bond/Status', qos.BOND, 'Whether the node is still active.')
# The manager waits 2 s for the first one, and 4 s for the next ones, unless bond_timeout says
# otherwise.
PERIOD_S = 0.25
TIMEOUT_S = 4.0


class Bond:
    """Publish a sign of life while the node is active, where the messages are installed.

    Args:
        node: whose name is that of the bond.
    """

    def __init__(self, node: Node):
        self._node = node
        self._timer: Optional[Timer] = None
        status = TOPIC.message_class()
        if status is None:
            return
        # From the start on, so that the manager knows the publisher when it begins to wait.
        self._publisher = node.create_publisher(status, TOPIC.name, TOPIC.profile)
        self._status = status(id=node.get_name(), heartbeat_period=PERIOD_S,
                              heartbeat_timeout=TIMEOUT_S)

    def start(self) -> None:
        """Show that the node is active, from now on."""
        if self._timer is None and TOPIC.message_class() is not None:
            self._status.instance_id = str(uuid.uuid4())
            self._timer = self._node.create_timer(
                PERIOD_S, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME))
            self._publish()

    def stop(self) -> None:
        """Break the bond, where there is one."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
            self._timer = None
            self._publish()

    def _publish(self) -> None:
        self._status.active = self._timer is not None
        self._status.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(self._status)
