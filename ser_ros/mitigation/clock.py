# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The policy's own time, which only goes forward, and its relation to the wall clock."""

from datetime import datetime, timedelta
from typing import Optional

from ser_ros.mitigation.estimates import Now
from ser_ros.mitigation.memory import TIME_FORMAT, parse_time

# The policy is called at 2 Hz. A longer step is a clock that was set, or a process that slept, and
# counts no more than this. So neither ends a cool-down or frees an answer too early.
_LONGEST_STEP_S = 10.0


class PolicyClock:
    """Time since the policy was made, as far as it was called.

    Attributes:
        s: that time [s].
    """

    def __init__(self) -> None:
        """Start at 0."""
        self.s = 0.0
        self._now_s: Optional[float] = None
        self.local = datetime.min

    def advance(self, now: Now) -> float:
        """Go on, and return by how much the caller's clock did [s], however much that is."""
        step_s = 0.0 if self._now_s is None else now.s - self._now_s
        self._now_s = now.s
        self.local = now.local if now.local.tzinfo is None else now.local.replace(tzinfo=None)
        if step_s > 0.0:
            self.s += min(step_s, _LONGEST_STEP_S)
        return step_s

    def wall(self, time_s: float) -> str:
        """Return local time as text for a time of this clock, rounded up to a second."""
        at = self.local + timedelta(seconds=time_s - self.s + 0.999)
        return at.strftime(TIME_FORMAT)

    def past(self, wall: str) -> float:
        """Return the time of this clock for a local time that has been; never in the future."""
        return self.s - max(0.0, self._since(wall))

    def of(self, wall: str, at_most_s: float) -> float:
        """Return the time of this clock for a local time, at most so much from now."""
        return self.s + min(-self._since(wall), at_most_s)

    def _since(self, wall: str) -> float:
        return (self.local - parse_time(wall)).total_seconds()
