# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Choose the limits that answer most talks rightly and start few answers wrongly.

Every corpus weighs the same, and in it every emotion. No wrong start in a few hours does not show
that there is none in the next, so one more start in all the hours is counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional, TypeVar

import numpy as np

from ser_ros.evaluation.talks.building import ANSWERED, UNANSWERED
from ser_ros.evaluation.talks.figures import QUICK_S, SOON_S
from ser_ros.evaluation.talks.outcomes import Outcome

# Wrong starts that are allowed in an hour of neutral and happy talk.
SENSITIVITIES = {'calm': 1.0, 'normal': 4.0, 'keen': 12.0}


@dataclass(frozen=True)
class Trade:
    """What limits give in one corpus.

    Attributes:
        wrong_per_hour: wrong starts an hour, the mean of neutral and happy talk.
        right: share of talks answered rightly within 10 s, the mean over their emotions.
        quick: share answered rightly within 5 s, likewise.
        answered: share answered at all within 10 s, likewise.
        hours: of neutral and happy talk.
    """

    wrong_per_hour: float
    right: float
    quick: float
    answered: float
    hours: float


Trades = dict[str, Trade]
Limits = TypeVar('Limits')


def trades(outcomes: Sequence[Outcome]) -> Trades:
    """Return what the limits that led to these outcomes give, by corpus."""
    members: dict[str, dict[str, list[Outcome]]] = {}
    for entry in outcomes:
        members.setdefault(entry.talk.corpus, {}).setdefault(entry.talk.emotion, []).append(entry)
    return {corpus: _trade(emotions) for corpus, emotions in members.items()}


def _trade(emotions: Mapping[str, Sequence[Outcome]]) -> Trade:
    calm = [emotions[name] for name in UNANSWERED if name in emotions]
    others = [emotions[name] for name in ANSWERED if name in emotions]
    return Trade(
        _mean([sum(entry.wrong_starts for entry in talks) / _hours(talks) for talks in calm]),
        _mean([_mean([entry.right(SOON_S) for entry in talks]) for talks in others]),
        _mean([_mean([entry.right(QUICK_S) for entry in talks]) for talks in others]),
        _mean([_mean([entry.answered(SOON_S) for entry in talks]) for talks in others]),
        sum(map(_hours, calm)))


def _hours(talks: Sequence[Outcome]) -> float:
    return sum(entry.hours for entry in talks)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float('nan')


def mean(found: Trades) -> Trade:
    """Return the mean over the corpora, with all their hours."""
    members = list(found.values())
    return Trade(_mean([entry.wrong_per_hour for entry in members]),
                 _mean([entry.right for entry in members]),
                 _mean([entry.quick for entry in members]),
                 _mean([entry.answered for entry in members]),
                 sum(entry.hours for entry in members))


def choose(swept: Mapping[Limits, Trades], corpora: Sequence[str],
           allowed: float) -> Optional[Limits]:
    """Return the limits that answer most talks rightly within 10 s; None if none is allowed.

    Args:
        swept: what each of the limits gives.
        corpora: those that count.
        allowed: wrong starts an hour, with one more start in all the hours.
    """
    def worth(limits: Limits) -> tuple[float, float]:
        return means[limits].right, -means[limits].wrong_per_hour

    means = {limits: mean({name: found[name] for name in corpora})
             for limits, found in swept.items()}
    fitting = [limits for limits, found in means.items()
               if found.wrong_per_hour + 1 / found.hours <= allowed]
    return max(fitting, key=worth, default=None)


def leave_one_out(swept: Mapping[Limits, Trades], corpora: Sequence[str],
                  allowed: float) -> dict[str, Optional[tuple[Limits, Trade]]]:
    """Return for each corpus what the others choose, and what that gives in it.

    None stands where the others allow no limits. The arguments are those of `choose`.
    """
    found: dict[str, Optional[tuple[Limits, Trade]]] = {}
    for left_out in corpora:
        limits = choose(swept, [name for name in corpora if name != left_out], allowed)
        found[left_out] = None if limits is None else (limits, swept[limits][left_out])
    return found
