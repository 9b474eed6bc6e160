# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Transitions that the state of a node does not allow."""

from lifecycle_msgs.srv import ChangeState
from rclpy.lifecycle import LifecycleNode

from ser_ros.nodes.ros_errors import RCLError


def guard(node: LifecycleNode) -> None:
    """Answer a transition that the state does not allow; rclpy would end the process."""
    change_state = node._service_change_state.callback

    def guarded(request: ChangeState.Request,
                response: ChangeState.Response) -> ChangeState.Response:
        try:
            return change_state(request, response)
        except RCLError:
            node.get_logger().error(
                f'the transition {request.transition.label or request.transition.id} is not '
                f'possible while {node._state_machine.current_state[1]}')
            response.success = False
            return response

    node._service_change_state.callback = guarded
