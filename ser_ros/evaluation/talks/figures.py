# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How often the graph answers talks wrongly and rightly, with intervals over speakers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ser_ros.evaluation.talks.building import ANSWERED, UNANSWERED
from ser_ros.evaluation.talks.outcomes import Outcome

QUICK_S = 5.0
SOON_S = 10.0
LATE_S = 20.0

WRONG = 'wrong starts an hour'
RIGHT = 'right within {:.0f} s'
ANSWER = 'answered within {:.0f} s'


@dataclass(frozen=True)
class Rate:
    """A figure of the talks of one corpus in one emotion.

    Attributes:
        corpus, emotion, measure: what it is of.
        value: starts an hour, or a share.
        interval: 95 %, over speakers; over talks where there is one speaker.
        speakers, talks, hours: what it rests on.
    """

    corpus: str
    emotion: str
    measure: str
    value: float
    interval: tuple[float, float]
    speakers: int
    talks: int
    hours: float


def rates(outcomes: Sequence[Outcome]) -> list[Rate]:
    """Return all figures of the outcomes with one setting, by corpus and emotion."""
    found = []
    for corpus in dict.fromkeys(outcome.talk.corpus for outcome in outcomes):
        for emotion in UNANSWERED + ANSWERED:
            members = [outcome for outcome in outcomes
                       if (outcome.talk.corpus, outcome.talk.emotion) == (corpus, emotion)]
            if not members:
                continue
            if emotion in UNANSWERED:
                found.append(_rate(members, WRONG, [entry.wrong_starts for entry in members],
                                   [entry.hours for entry in members]))
                continue
            for within_s in (SOON_S, LATE_S):
                found += [
                    _rate(members, RIGHT.format(within_s),
                          [entry.right(within_s) for entry in members], [1] * len(members)),
                    _rate(members, ANSWER.format(within_s),
                          [entry.answered(within_s) for entry in members], [1] * len(members))]
    return found


def started(outcomes: Sequence[Outcome]) -> dict[str, Counter]:
    """Return for each emotion of the talks how often which one was answered first; '' for none."""
    counts: dict[str, Counter] = {}
    for outcome in outcomes:
        counts.setdefault(outcome.talk.emotion, Counter())[outcome.emotion] += 1
    return counts


def _rate(members: Sequence[Outcome], measure: str, hits: Sequence[float],
          of: Sequence[float]) -> Rate:
    talk = members[0].talk
    speakers = {entry.talk.speaker for entry in members}
    groups = ([entry.talk.speaker for entry in members] if len(speakers) > 1
              else [str(index) for index in range(len(members))])
    return Rate(talk.corpus, talk.emotion, measure, float(np.sum(hits) / np.sum(of)),
                _interval(hits, of, groups), len(speakers), len(members),
                sum(entry.hours for entry in members))


def _interval(hits: Sequence[float], of: Sequence[float], groups: Sequence[str],
              rounds: int = 2000, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of sum(hits) / sum(of) over groups drawn with replacement."""
    names, which = np.unique(groups, return_inverse=True)
    totals = np.zeros((2, len(names)))
    np.add.at(totals[0], which, hits)
    np.add.at(totals[1], which, of)
    draws = np.random.default_rng(seed).integers(0, len(names), (rounds, len(names)))
    drawn = totals[:, draws].sum(axis=2)
    low, high = np.percentile(drawn[0] / drawn[1], [2.5, 97.5])
    return float(low), float(high)
