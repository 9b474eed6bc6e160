# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the policy hears: estimates in the order of their stamps, and what they say together."""

import math
from enum import Enum
from typing import Iterable

from ser_ros.emotion.tracker import TIME_TOLERANCE_S, State
from ser_ros.mitigation.estimates import Estimate
from ser_ros.mitigation.evidence import OFF, Evidence
from ser_ros.mitigation.timing import Timing

# An estimate that is late by no more than this is dropped. An older one is of another time line.
_LATE_S = 1.0
# Windows come at least every 5 s. After a longer step something else began.
_LONGEST_STEP_S = 5.5
# Less evidence than this is not the beginning of anything.
_TRACE = 0.05


class Order(Enum):
    """How the stamp of an estimate follows the one before it."""

    NEXT = 'next'
    LATE = 'late'
    JUMPED = 'jumped'


class Listener:
    """Follow the estimates.

    Attributes:
        evidence: what speaks for each emotion.
        dt_s: audio time of the latest estimate, since the one before.
        is_speech: whether somebody spoke in it.
        is_calm: whether that was another emotion, surely enough.
        is_negative: whether that was an emotion that is answered.
        lasting_s: time for which the evidence has been enough for an episode without a break.
        since_s: when the evidence began; infinite while there is none.
        tells: whether there was anything to go by.
        confidence: of the latest estimate.
    """

    def __init__(self, emotions: Iterable[str]) -> None:
        """Start with nothing heard.

        Args:
            emotions: those that are answered.
        """
        self._stamp_s = -math.inf
        self.confidence = 0.0
        self.take_over(emotions)

    def take_over(self, emotions: Iterable[str]) -> None:
        """Listen for other emotions; what was heard is forgotten."""
        self._emotions = frozenset(emotions)
        self.evidence = Evidence(sorted(self._emotions))
        self._clear()

    def forget(self) -> None:
        """Forget what was heard, but not when."""
        self.evidence.reset()
        self._clear()

    def _clear(self) -> None:
        self.dt_s = self.lasting_s = 0.0
        self.since_s = math.inf
        self.is_speech = self.is_calm = self.is_negative = self.tells = False

    def order(self, estimate: Estimate, timing: Timing) -> Order:
        """Return how an estimate follows the latest one, and take over its time."""
        step_s = estimate.stamp_s - self._stamp_s
        if -_LATE_S <= step_s <= TIME_TOLERANCE_S:
            return Order.LATE
        first, self._stamp_s = self._stamp_s == -math.inf, estimate.stamp_s
        if first:
            self.dt_s = 0.0
            return Order.NEXT
        self.dt_s = max(0.0, step_s)
        jumped = step_s < 0.0 or step_s > max(_LONGEST_STEP_S, timing.stale_s)
        return Order.JUMPED if jumped else Order.NEXT

    def hear(self, estimate: Estimate, timing: Timing, now_s: float, deaf: bool) -> None:
        """Take the next estimate.

        Args:
            estimate: the values, which are allowed.
            timing: what decides when an answer is due.
            now_s: the time.
            deaf: the robot itself may be what is heard.
        """
        self.confidence = estimate.confidence
        shares = estimate.shares()
        self.is_speech = estimate.state != State.NO_SPEECH and not deaf
        if self.is_speech and shares:
            self.evidence.add(self.dt_s, shares, timing)
        else:
            self.evidence.leak(self.dt_s, timing)
        has_begun = self.evidence.level >= _TRACE
        self.since_s = min(self.since_s, now_s) if has_begun else math.inf
        self.lasting_s = self.lasting_s + self.dt_s if self.evidence.level >= 1.0 else 0.0
        named = self.is_speech and estimate.state == State.EMOTION
        self.is_negative = named and estimate.label in self._emotions
        self.is_calm = (named and not self.is_negative
                        and estimate.confidence >= timing.recovery_confidence
                        and self.evidence.level < OFF)
        self.tells = named or (self.is_speech and bool(shares) and self.evidence.level >= OFF)
