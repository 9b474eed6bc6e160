# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When a response is due: all limits of the mitigation file in time."""

import re
from dataclasses import dataclass
from datetime import time
from typing import Optional, Tuple

from ser_ros.errors import SerError
from ser_ros.typed_values import key

# The sensitivity that the file's ``timing`` is for.
NORMAL = 'normal'

_DAY_S = 86400
_CLOCK = re.compile(r'([01]?\d|2[0-3]):([0-5]\d)')


@dataclass(frozen=True)
class Timing:
    """When a response is due; what is heard is measured in audio time, all else by the clock."""

    min_confidence: float = key(
        'the answered emotions together count against an answer under this probability',
        ge=0, le=1)
    hold_s: float = key(
        'an episode starts after this much speech in which they are certain', ge=0, le=3600)
    repeat_s: float = key(
        'a step without wait_s waits this long for the next one; 0: there is no next one',
        ge=0, le=_DAY_S)
    recovery_s: float = key(
        'other emotions are heard for this long before the episode is over', ge=0, le=3600)
    timeout_s: float = key(
        'silence or unclear speech lasts this long before the episode is over', ge=0.5, le=3600)
    cooldown_s: float = key(
        'no episode starts for this time after the last one', ge=0, le=_DAY_S)
    leak_s: float = key(
        'time constant with which what was heard is forgotten', 2.0, ge=0.1, le=600)
    recovery_confidence: float = key(
        'other emotions count as a recovery from this confidence on', 0.5, ge=0, le=1)
    relapse_s: float = key(
        'an emotion that comes back this soon after a recovery goes on with the same episode',
        60.0, ge=0, le=_DAY_S)
    quiet_s: float = key(
        'no episode starts for this time after one whose steps were all taken', 900.0,
        ge=0, le=_DAY_S)
    stale_s: float = key(
        'without any emotion message for this long the episode is over', 5.0, ge=0.5, le=3600)


@dataclass(frozen=True)
class AnswerLimits:
    """How often the robot may be heard, and at what time of the day."""

    per_hour: int = key('audible answers in any 60 minutes', 12, ge=0, le=1000)
    per_day: int = key('audible answers in any 24 hours', 60, ge=0, le=1000)
    quiet_hours: Optional[Tuple[str, ...]] = key(
        "nothing is heard from the first to the second local time, such as ['22:00', '07:00']",
        default=None)

    def __post_init__(self) -> None:
        """Raise SerError unless the quiet hours are two times of the day."""
        hours = self.quiet_hours
        if hours is not None and (len(hours) != 2 or not all(map(_CLOCK.fullmatch, hours))):
            raise SerError(f"quiet_hours is {list(hours)}; allowed: two times such as "
                           "['22:00', '07:00']")

    def is_quiet(self, at: time) -> bool:
        """Return whether the quiet hours, which may go over midnight, include a local time."""
        if self.quiet_hours is None:
            return False
        start, end = map(_time_of, self.quiet_hours)
        if start <= end:
            return start <= at < end
        return at >= start or at < end


def _time_of(text: str) -> time:
    match = _CLOCK.fullmatch(text)
    assert match is not None
    return time(int(match.group(1)), int(match.group(2)))
