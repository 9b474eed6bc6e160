# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Between nanoseconds and ROS stamps."""

from builtin_interfaces.msg import Time

from ser_ros.audio.format import NS_PER_S


def to_stamp(time_ns: int) -> Time:
    """Return nanoseconds as a stamp."""
    sec, nanosec = divmod(time_ns, NS_PER_S)
    return Time(sec=sec, nanosec=nanosec)


def to_s(stamp: Time) -> float:
    """Return a stamp in seconds."""
    return to_ns(stamp) * 1e-9


def to_ns(stamp: Time) -> int:
    """Return a stamp in nanoseconds."""
    return stamp.sec * NS_PER_S + stamp.nanosec
