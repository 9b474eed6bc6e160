# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A namespace in which no other graph is heard."""

import contextlib
import fcntl
import hashlib
import os
import tempfile
import time
from typing import Iterator

import rclpy
from rclpy.exceptions import NameValidationException

from ser_ros.errors import SerError
from ser_ros.nodes import process
from ser_ros.nodes.ros_errors import as_ser_error

# Nodes on one machine mostly find each other within this time. A graph that is found later is named
# by the nodes, as another publisher.
_DISCOVERY_S = 1.0
_POLL_S = 0.05


@contextlib.contextmanager
def free_namespace() -> Iterator[str]:
    """Give '' while this is the only graph, and else a namespace of this process."""
    with _claim('') as is_alone:
        yield '' if is_alone else f'run_{os.getpid()}'


@contextlib.contextmanager
def own_namespace(namespace: str) -> Iterator[None]:
    """Keep a namespace for this process.

    Args:
        namespace: its name, without a slash at its ends; '' is the one without a name.

    Raises:
        SerError: if another graph uses it.
    """
    with _claim(namespace) as is_alone:
        if not is_alone:
            raise SerError(
                f'another graph uses the namespace /{namespace}: each would hear the sound and the '
                'emotions of the other one. Choose another --namespace, or leave it out')
        yield


@contextlib.contextmanager
def _claim(namespace: str) -> Iterator[bool]:
    """Return whether no other graph uses a namespace.

    Two commands that start at the same time do not see each other yet. So the first one also holds
    a lock until it ends.
    """
    topic = '/' + '/'.join(filter(None, (namespace, 'emotion')))
    try:
        descriptor = os.open(
            _lock_path(namespace), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:  # such as a temporary folder that is read-only
        yield not _is_published(topic)
        return
    try:
        yield _lock(descriptor) and not _is_published(topic)
    finally:
        os.close(descriptor)


def _lock_path(namespace: str) -> str:
    domain = os.environ.get('ROS_DOMAIN_ID') or '0'
    # A hash, since a namespace may be longer than the name of a file.
    name = '_'.join(filter(None, (domain, namespace and
                                  hashlib.sha256(namespace.encode()).hexdigest()[:16])))
    return os.path.join(tempfile.gettempdir(), f'ser_ros_run_{os.getuid()}_{name}.lock')


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
    except (NameValidationException, ValueError):
        return False  # the graph will say what is wrong with the name
    finally:
        node.destroy_node()
        context.shutdown()
