# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The errors of ROS' client library, and what they say to a user."""

import contextlib
from typing import Iterator

from rclpy.impl.implementation_singleton import rclpy_implementation

from ser_ros.errors import SerError

RCLError = rclpy_implementation.RCLError


def first_line(error: Exception) -> str:
    """Return what ROS says of an error, without the places in its sources."""
    return str(error).split(', at ')[0].splitlines()[0]


@contextlib.contextmanager
def as_ser_error(what: str) -> Iterator[None]:
    """Turn an error of ROS into one that is a line for the user.

    Args:
        what: what was tried, as the beginning of the line.
    """
    try:
        yield
    except RCLError as error:
        raise SerError(f'{what}: {first_line(error)}') from error
