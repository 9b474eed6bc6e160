# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A namespace in which no other graph can be heard."""

import contextlib
import fcntl
import os
import tempfile
import time
from typing import Iterator

import rclpy

from ser_ros.nodes import process
from ser_ros.nodes.ros_errors import as_ser_error

# Nodes on one machine mostly find each other within this time. A graph that is found later is named
# by the nodes, as another publisher.
_DISCOVERY_S = 1.0
_POLL_S = 0.05


@contextlib.contextmanager
def free_namespace() -> Iterator[str]:
    """Give '' while this is the only graph, and else a namespace of this process.

    Two commands that start at the same time do not see each other yet. So the first one also holds
    a lock until it ends.
    """
    try:
        descriptor = os.open(
            _lock_path(), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:  # such as a temporary folder that is read-only
        yield _name(not _is_published('/emotion'))
        return
    try:
        yield _name(_lock(descriptor) and not _is_published('/emotion'))
    finally:
        os.close(descriptor)


def _name(is_alone: bool) -> str:
    return '' if is_alone else f'run_{os.getpid()}'


def _lock_path() -> str:
    domain = os.environ.get('ROS_DOMAIN_ID') or '0'
    return os.path.join(tempfile.gettempdir(), f'ser_ros_run_{os.getuid()}_{domain}.lock')


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_published(topic: str) -> bool:
    """Return whether anybody publishes on a topic now."""
    context = rclpy.Context()
    process.init([], context)
    with as_ser_error('ROS 2 cannot make a node'):
        node = rclpy.create_node('ser_ros_run', context=context, enable_rosout=False,
                                 start_parameter_services=False)
    try:
        end_s = time.monotonic() + _DISCOVERY_S
        while time.monotonic() < end_s:
            if node.count_publishers(topic):
                return True
            time.sleep(_POLL_S)
        return False
    finally:
        node.destroy_node()
        context.shutdown()
