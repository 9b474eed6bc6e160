# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A value that changes evenly over time."""

from typing import NamedTuple


class Ramp(NamedTuple):
    """From one value to another.

    Attributes:
        start_s: when it begins.
        duration_s: how long it takes.
        first: the value before.
        last: the value afterwards.
    """

    start_s: float
    duration_s: float
    first: float
    last: float

    def at(self, now_s: float) -> float:
        """Return the value at a time."""
        if self.over(now_s):
            return self.last
        share = max(0.0, now_s - self.start_s) / self.duration_s
        return self.first + share * (self.last - self.first)

    def over(self, now_s: float) -> bool:
        """Return whether the last value is reached."""
        return now_s - self.start_s >= self.duration_s
