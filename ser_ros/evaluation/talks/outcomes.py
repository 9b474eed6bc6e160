# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the graph's tracker and mitigation policy make of talks, with given limits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Optional

from ser_ros.emotion.settings import TrackerSettings
from ser_ros.emotion.tracker import EmotionTracker
from ser_ros.evaluation.scoring import WindowScores
from ser_ros.evaluation.talks.building import CALM, Talk
from ser_ros.mitigation.config import MitigationConfig
from ser_ros.mitigation.estimates import Estimate, Now
from ser_ros.mitigation.phases import Event, Phase
from ser_ros.mitigation.policy import MitigationPolicy

# Talks are heard by day: no quiet hours keep an answer back.
_NOON = datetime(2026, 1, 1, 12)


@dataclass(frozen=True, order=True)
class Limits:
    """What decides when an answer starts; `ser_ros.mitigation.timing.Timing` explains both.

    Attributes:
        min_confidence: of the policy.
        hold_s: of the policy.
    """

    min_confidence: float
    hold_s: float


@dataclass(frozen=True)
class Outcome:
    """The answers that start in one talk.

    Attributes:
        talk: the talk.
        calm_starts: number of those in its calm part.
        starts: number of those in its other part.
        emotion: that of the first of these; '' without any.
        delay_s: time from the beginning of that part to it; None without any.
    """

    talk: Talk
    calm_starts: int
    starts: int
    emotion: str
    delay_s: Optional[float]

    def answered(self, within_s: float) -> bool:
        """Return whether an answer starts so soon after the beginning of the emotion."""
        return self.delay_s is not None and self.delay_s <= within_s

    def right(self, within_s: float) -> bool:
        """Return whether that answer is to the emotion of the talk."""
        return self.answered(within_s) and self.emotion == self.talk.emotion

    @property
    def wrong_starts(self) -> int:
        """Number of answers in a talk that needs none."""
        return self.starts + self.calm_starts * (self.talk.emotion == CALM)

    @property
    def hours(self) -> float:
        """How long such a talk is; a neutral one has two calm parts."""
        return (self.talk.duration_s + self.talk.calm_s * (self.talk.emotion == CALM)) / 3600


def outcomes(
        talks: Sequence[Talk], scores: Sequence[WindowScores], labels: Sequence[str],
        tracking: TrackerSettings, mitigation: MitigationConfig, sweep: Iterable[Limits],
) -> Iterator[tuple[Limits, list[Outcome]]]:
    """Yield what becomes of the talks with each of some limits.

    Args:
        talks, scores: what is spoken, and what the model says of it.
        labels: of the model.
        tracking: settings of the tracker.
        mitigation: all else of the policy.
        sweep: the limits.
    """
    followed = [follow(entry, labels, tracking) for entry in scores]
    for limits in sweep:
        timing = replace(mitigation.timing, hold_s=limits.hold_s,
                         min_confidence=limits.min_confidence)
        config = replace(mitigation, timing=timing)
        yield limits, [outcome_of(talk, _starts(heard, config))
                       for talk, heard in zip(talks, followed, strict=True)]


def follow(scores: WindowScores, labels: Sequence[str],
           settings: TrackerSettings) -> list[Estimate]:
    """Return what the graph's tracker says of the windows of a talk."""
    tracker = EmotionTracker(labels, settings)
    found = []
    for end_s, probabilities, speech in zip(
            scores.end_s.tolist(), scores.probabilities, scores.speech_probability.tolist(),
            strict=True):
        heard = tracker.hears_speech(speech)
        estimate = tracker.update(end_s, probabilities if heard else None, speech)
        found.append(Estimate(end_s, estimate.state, estimate.label, estimate.confidence,
                              dict(zip(labels, estimate.probabilities.tolist(), strict=True))))
    return found


def outcome_of(talk: Talk, starts: Iterable[tuple[float, str]]) -> Outcome:
    """Return what answers that start at these times, to these emotions, mean for a talk."""
    started = [(stamp_s - talk.calm_s, emotion) for stamp_s, emotion in starts]
    later = [(delay_s, emotion) for delay_s, emotion in started if delay_s > 0]
    delay_s, emotion = later[0] if later else (None, '')
    return Outcome(talk, len(started) - len(later), len(later), emotion, delay_s)


def _starts(heard: Sequence[Estimate], config: MitigationConfig) -> Iterator[tuple[float, str]]:
    policy = MitigationPolicy(config, config.languages[0])
    for estimate in heard:
        now = Now(estimate.stamp_s, _NOON + timedelta(seconds=estimate.stamp_s))
        for command in policy.update(now, estimate):
            if isinstance(command, Event) and command.phase is Phase.STARTED:
                yield estimate.stamp_s, command.emotion
