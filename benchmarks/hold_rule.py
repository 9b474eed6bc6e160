# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The rule that answers an emotion which is named without a break, to compare others with it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ser_ros.emotion.settings import TrackerSettings
from ser_ros.emotion.tracker import TIME_TOLERANCE_S, State
from ser_ros.evaluation.scoring import WindowScores
from ser_ros.evaluation.talks.building import Talk
from ser_ros.evaluation.talks.outcomes import Outcome, follow, outcome_of
from ser_ros.mitigation.config import MitigationConfig
from ser_ros.mitigation.estimates import Estimate
from ser_ros.mitigation.timing import Timing


@dataclass(frozen=True, order=True)
class HoldLimits:
    """What decides when an answer starts.

    Attributes:
        named_from: `min_confidence` of the tracker.
        min_confidence: least confidence of the emotion.
        hold_s: how long it is named without a break.
    """

    named_from: float
    min_confidence: float
    hold_s: float


def outcomes(
        talks: Sequence[Talk], scores: Sequence[WindowScores], labels: Sequence[str],
        tracking: TrackerSettings, mitigation: MitigationConfig, sweep: Iterable[HoldLimits],
) -> Iterator[tuple[HoldLimits, list[Outcome]]]:
    """Yield what becomes of the talks, as `ser_ros.evaluation.talks.outcomes.outcomes` does."""
    for named_from, members in groupby(sorted(sweep), lambda limits: limits.named_from):
        settings = replace(tracking, min_confidence=named_from)
        followed = [follow(entry, labels, settings) for entry in scores]
        for limits in members:
            yield limits, [
                outcome_of(talk, starts(heard, limits, mitigation.responses, mitigation.timing))
                for talk, heard in zip(talks, followed, strict=True)]


def starts(heard: Sequence[Estimate], limits: HoldLimits, answered: Collection[str],
           timing: Timing) -> Iterator[tuple[float, str]]:
    """Yield when an answer starts, and to which emotion.

    An episode ends after another emotion for ``recovery_s``, or nothing to tell by for
    ``timeout_s``. For ``cooldown_s`` after it none starts.
    """
    held, held_since_s, cool_until_s = '', 0.0, float('-inf')
    is_open, tells_s, calm_since_s = False, 0.0, None
    for estimate in heard:
        now_s = estimate.stamp_s + TIME_TOLERANCE_S
        label = estimate.label if estimate.state == State.EMOTION else ''
        sure = label in answered and estimate.confidence >= limits.min_confidence
        if (label if sure else '') != held:
            held, held_since_s = label if sure else '', estimate.stamp_s
        if is_open:
            tells_s = estimate.stamp_s if label else tells_s
            if label in answered:
                calm_since_s = None
            elif label and calm_since_s is None:
                calm_since_s = estimate.stamp_s
            recovered = (label and calm_since_s is not None
                         and now_s - calm_since_s >= timing.recovery_s)
            if recovered or now_s - tells_s >= timing.timeout_s:
                is_open, cool_until_s = False, estimate.stamp_s + timing.cooldown_s
        elif held and now_s - held_since_s >= limits.hold_s and now_s >= cool_until_s:
            is_open, tells_s, calm_since_s = True, estimate.stamp_s, None
            yield estimate.stamp_s, held
