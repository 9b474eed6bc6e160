# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Between nanoseconds and ROS stamps."""

import math

from builtin_interfaces.msg import Time

from ser_ros.audio.format import NS_PER_S

# Longer than any queue. What exceeds it is the difference of two clocks.
_MAX_LATENCY_S = 60.0
# What a stamp can hold.
_FIRST_NS = -2**31 * NS_PER_S
_LAST_NS = 2**31 * NS_PER_S - 1


def to_stamp(time_ns: int) -> Time:
    """Return nanoseconds as a stamp; the nearest one where there is none for that time."""
    sec, nanosec = divmod(min(max(time_ns, _FIRST_NS), _LAST_NS), NS_PER_S)
    return Time(sec=sec, nanosec=nanosec)


def to_s(stamp: Time) -> float:
    """Return a stamp in seconds."""
    return to_ns(stamp) * 1e-9


def to_ns(stamp: Time) -> int:
    """Return a stamp in nanoseconds."""
    return stamp.sec * NS_PER_S + stamp.nanosec


def latency_s(now_ns: int, stamp: Time) -> float:
    """Return the time since a stamp [s], NaN where the stamp is not of this clock."""
    time_s = (now_ns - to_ns(stamp)) * 1e-9
    return time_s if 0.0 <= time_s <= _MAX_LATENCY_S else math.nan
