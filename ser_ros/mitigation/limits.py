# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How often the robot may be heard."""

from collections import deque
from typing import Deque, Iterable, List

from ser_ros.mitigation.clock import PolicyClock
from ser_ros.mitigation.timing import AnswerLimits

_HOUR_S = 3600.0
_DAY_S = 86400.0


class Answers:
    """The audible answers of the last 24 hours."""

    def __init__(self, clock: PolicyClock) -> None:
        """Start with none."""
        self._clock = clock
        self._times: Deque[float] = deque()

    def restore(self, times: Iterable[str]) -> None:
        """Take over those of another run, as `stored` gives them."""
        self._times = deque(sorted(map(self._clock.past, times)))

    def stored(self) -> List[str]:
        """Return when they were, in local time."""
        return [self._clock.wall(time_s) for time_s in self._times]

    def add(self) -> None:
        """Count one now."""
        self._times.append(self._clock.s)

    def left_in_hour(self, limits: AnswerLimits) -> int:
        """Return how many are allowed now by the limit of an hour."""
        since_s = self._clock.s - _HOUR_S
        recent = sum(1 for time_s in self._times if time_s > since_s)
        return max(0, limits.per_hour - recent)

    def left_in_day(self, limits: AnswerLimits) -> int:
        """Return how many are allowed now by the limit of a day."""
        while self._times and self._times[0] <= self._clock.s - _DAY_S:
            self._times.popleft()
        return max(0, limits.per_day - len(self._times))

    def allowed(self, limits: AnswerLimits) -> bool:
        """Return whether the robot may be heard now."""
        return (self.left_in_day(limits) > 0 and self.left_in_hour(limits) > 0
                and not limits.is_quiet(self._clock.local.time()))
