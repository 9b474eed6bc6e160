# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The errors of ROS' client library, and what they say to a user."""

from rclpy.impl.implementation_singleton import rclpy_implementation

RCLError = rclpy_implementation.RCLError


def first_line(error: Exception) -> str:
    """Return what ROS says of an error, without the places in its sources."""
    return str(error).split(', at ')[0].splitlines()[0]
