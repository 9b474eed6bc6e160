# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A process of nodes: how ROS starts, what it serves, and the end in good order."""

import os
import sys
from typing import List, Optional, Sequence, Type

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from ser_ros.errors import SerError
from ser_ros.nodes import environment, misspelt
from ser_ros.nodes.managed import ManagedNode
from ser_ros.nodes.ros_errors import RCLError, as_ser_error, first_line
from ser_ros.nodes.stopping import Stopping
from ser_ros.typed_yaml import MAX_BYTES

# How long a wish to end may wait for the executor.
POLL_S = 0.2


def init(args: Optional[List[str]], context: Optional[rclpy.Context] = None) -> None:
    """Start ROS without its signal handlers.

    Args:
        args: command line for ROS; None: that of the process.
        context: what is started; None: that of the whole process.

    Raises:
        SerError: if the arguments, the parameter files or the environment forbid it.
    """
    environment.prepare()
    for path in misspelt.files_of(sys.argv if args is None else args):
        _check_file(path)
    try:
        rclpy.init(
            args=args, context=context, signal_handler_options=SignalHandlerOptions.NO)
    except UnicodeEncodeError as error:
        raise SerError('ROS 2 cannot start: an argument is not in UTF-8. Rename the file, or set '
                       'LANG=C.UTF-8 if only the locale is another one') from error
    except (RCLError, RuntimeError, ValueError) as error:
        raise SerError(f'ROS 2 cannot start: {first_line(error)}') from error


def _check_file(path: str) -> None:
    """Check that ROS can take in a parameter file; it reads one of 100 MB for minutes."""
    if os.path.isdir(path):
        raise SerError(f'params file {path}: it is a folder')
    if os.path.isfile(path) and os.path.getsize(path) > MAX_BYTES:
        raise SerError(f'params file {path} has {os.path.getsize(path)} bytes; it may have up to '
                       f'{MAX_BYTES}')


def main(node_classes: Sequence[Type[ManagedNode]], args: Optional[List[str]] = None,
         must_start: bool = False) -> int:
    """Run nodes of these classes in this process until Ctrl-C.

    Args:
        node_classes: the nodes, in the order in which they start.
        args: command line for ROS; None: that of the process.
        must_start: end with an error if a node with autostart can't be activated.

    Returns:
        The exit code.
    """
    nodes: List[ManagedNode] = []
    with Stopping() as stopping:
        try:
            init(args)
            for node_class in node_classes:
                with as_ser_error(f'ROS 2 cannot make the node {node_class.NAME}'):
                    nodes.append(node_class())
            warn_of_misspelt(nodes, sys.argv if args is None else args)
            for node in nodes:
                if node.value('autostart') and not stopping.requested:
                    if not node.start() and must_start:
                        return 1  # the node has logged why
            _spin(nodes, stopping)
            return 0
        except SerError as error:
            print(f'ser_ros: error: {error}', file=sys.stderr)
            return 1
        finally:
            for node in nodes:
                node.close()
            rclpy.try_shutdown()


def warn_of_misspelt(nodes: Sequence[ManagedNode], arguments: Sequence[str]) -> None:
    """Log which names in parameter files are nearly those of these nodes and their parameters."""
    sections = misspelt.sections_of(arguments)
    for node in nodes:
        # rclpy offers no other way to what is given and never declared.
        for warning in misspelt.of_parameters(
                node.NAME, node.get_fully_qualified_name(),
                getattr(node, '_parameter_overrides', ()), sections):
            node.get_logger().warning(warning)
    names = {node.NAME: node.get_fully_qualified_name() for node in nodes}
    for warning in misspelt.of_nodes(names, sections):
        nodes[0].get_logger().warning(warning)


def _spin(nodes: List[ManagedNode], stopping: Stopping) -> None:
    executor = SingleThreadedExecutor()
    for node in nodes:
        executor.add_node(node)
    while not stopping.requested:
        executor.spin_once(timeout_sec=POLL_S)
    executor.shutdown()
