# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Requests that rclpy cannot serve: anybody may send them, and they would end the process."""

import traceback
from typing import Any, Callable, Type

from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.lifecycle import LifecycleNode

from ser_ros.nodes.few_lines import FewLines
from ser_ros.nodes.ros_errors import RCLError, first_line

_LONGEST_LABEL = 80
# The end of a traceback says where the fault is.
_LONGEST_TRACEBACK = 800


def guard(node: LifecycleNode) -> None:
    """Answer what the services of a node cannot do; those that the node has now."""
    log = FewLines(node.get_logger().error)
    for service in node.services:
        service.callback = _guarded(node, service.callback, log)


def _guarded(node: LifecycleNode, callback: Callable[[Any, Any], Any],
             log: FewLines) -> Callable[[Any, Any], Any]:
    def guarded(request: Any, response: Any) -> Any:
        cause = ''
        try:
            return callback(request, response)
        except RCLError as error:
            reason = first_line(error)
            transition = getattr(request, 'transition', None)
            if transition is not None:
                name = transition.label[:_LONGEST_LABEL] or transition.id
                reason = (f'the transition {name} is not possible while '
                          f'{node._state_machine.current_state[1]}')
        except ValueError as error:  # such as for an unknown type of a parameter
            reason = f'a request cannot be served: {error}'
        except Exception as error:  # a fault of ours, which no request may make use of
            reason = f'a request cannot be served: {error}'
            cause = '\n' + traceback.format_exc()[-_LONGEST_TRACEBACK:]
        log('')  # each time, if not too often
        log(reason[:200] + cause if cause else reason)
        return _refusal(request, type(response), reason)

    return guarded


def _refusal(request: Any, kind: Type[Any], reason: str) -> Any:
    """Return a response that refuses; by default no other one says that it was successful."""
    result = SetParametersResult(successful=False, reason=reason)
    if isinstance(request, SetParameters.Request):
        return SetParameters.Response(results=[result] * len(request.parameters))
    if isinstance(request, SetParametersAtomically.Request):
        return SetParametersAtomically.Response(result=result)
    return kind()
