# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What goes into the policy: what was heard, and what time it is."""

import math
from datetime import datetime
from typing import Mapping, NamedTuple

from ser_ros.emotion.tracker import State
from ser_ros.errors import SerError, listed

# Probabilities are float32 in messages, so they may be a little over 1.
_ROUNDING = 1e-3
_STATES = frozenset(State)


class Now(NamedTuple):
    """The time at which something is done.

    Attributes:
        s: the node's clock [s]. That is simulated time where the graph uses it.
        local: the wall clock in local time, for quiet hours and for what outlives the process.
    """

    s: float
    local: datetime


class Estimate(NamedTuple):
    """What was heard in one window, as Emotion.msg has it.

    Attributes:
        stamp_s: audio time of the window's last sample.
        state: a value of `ser_ros.emotion.tracker.State`.
        label: the emotion where ``state`` is EMOTION.
        confidence: of that emotion, [0, 1].
        probabilities: smoothed, by label, adding up to 1. Empty where nobody gives them.
        problem: why the message of which it was made cannot be meant; '' where it can.
    """

    stamp_s: float
    state: int
    label: str
    confidence: float
    probabilities: Mapping[str, float] = {}
    problem: str = ''

    def check(self) -> None:
        """Check that the values can be meant.

        Raises:
            SerError: a value is not finite or out of range, the state is unknown, an emotion has
                no name, or there is a problem.
        """
        if self.problem:
            raise SerError(self.problem)
        if not math.isfinite(self.stamp_s):
            raise SerError(f'the stamp is {self.stamp_s}; needed: a finite number')
        if self.state not in _STATES:
            states = listed(f'{known:d} ({known.name})' for known in State)
            raise SerError(f'the state is {self.state}; allowed: {states}')
        _check_share('confidence', self.confidence)
        if self.probabilities:
            _check_shares(self.probabilities)
        if self.state == State.EMOTION and not self.label:
            raise SerError('the state is 2 (EMOTION), but the label is empty')

    def shares(self) -> Mapping[str, float]:
        """Return the probabilities; where nobody gives them, that of the label."""
        if self.probabilities or self.state != State.EMOTION:
            return self.probabilities
        return {self.label: self.confidence}


def _check_shares(shares: Mapping[str, float]) -> None:
    values = shares.values()
    total = sum(values)
    # Written so that NaN fails too, and quick, because every message comes here.
    if min(values) >= -_ROUNDING and total <= 1.0 + _ROUNDING:
        return
    for label, share in shares.items():
        _check_share(f'probability of {label}', share)
    raise SerError(f'the probabilities add up to {total:.3f}; allowed: up to 1')


def _check_share(name: str, value: float) -> None:
    # Written so that NaN fails too.
    if not -_ROUNDING <= value <= 1.0 + _ROUNDING:
        raise SerError(f'the {name} is {value}; allowed: 0 to 1')
