# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When to answer a negative emotion, and with which of the configured texts.

::

                    a triggering emotion, certain enough, for hold_s
        +--------+ -------------------------------------------------> +---------+
        |        |                                  STARTED           |         | --+ it is heard
        |  IDLE  |                                                    | EPISODE |   | repeat_s after
        |        |          RECOVERED: other emotions for recovery_s  |         | <-+ the last text:
        +--------+          TIMED_OUT: nothing to tell by for         +---------+     REPEATED
            ^                          timeout_s                           |
            |                      +----------+                            |
            +--------------------- | COOLDOWN | <--------------------------+
                 cooldown_s over   +----------+

An emotion triggers if the file has a response to it. An episode keeps to the emotion that started
it: another triggering one neither ends it nor is answered by itself, because negative emotions are
easily mistaken for each other. Nothing to tell by is silence as well as UNCERTAIN speech, so every
episode comes to an end. A hold is broken by whatever is not that emotion: better no answer than a
wrong one. It is measured on while cooling down, so what outlasts that is answered right after it.

All times are audio time, from the stamps. Where they go back (a bag played in a loop) the policy
restarts; an episode that was open then is dropped.
"""

import math
from dataclasses import dataclass
from typing import Dict, List, Mapping, NamedTuple, Optional, Tuple

from ser_ros.emotion.tracker import TIME_TOLERANCE_S, State
from ser_ros.errors import SerError
from ser_ros.mitigation.config import MitigationConfig
from ser_ros.mitigation.estimates import Estimate, Now
from ser_ros.mitigation.phases import ActionCall, Commands, Event, Phase, RunStep, StopActions
from ser_ros.mitigation.timing import NORMAL

# Windows come at least every 5 s: over a longer step something was lost, and nothing lasted.
_LONGEST_STEP_S = 5.5


class MitigationStatus(NamedTuple):
    """What others see of the policy at any time.

    Attributes:
        phase: idle, noticed, responding, watching, cool_down or paused.
        episode: number of the open episode, or of the last one; 0 before the first.
        emotion: what the open episode is about; '' without one.
        strategy: the name of what answers it; '' without one.
        step: the step that was taken last, from 1; 0 without an episode.
        next_step_s: time until the next step may be taken; NaN where none is due.
        paused: whether somebody has paused the policy.
        evidence: what speaks for each emotion of the file, 1 where an episode starts.
        answers_hour: audible answers that are left in this hour.
        answers_day: audible answers that are left in these 24 hours.
    """

    phase: str = 'idle'
    episode: int = 0
    emotion: str = ''
    strategy: str = ''
    step: int = 0
    next_step_s: float = math.nan
    paused: bool = False
    evidence: Mapping[str, float] = {}
    answers_hour: int = 0
    answers_day: int = 0


@dataclass
class _Episode:
    """One that is going on; all times are stamps."""

    emotion: str
    since_s: float
    heard_s: float
    answered_s: float
    recovering_since_s: Optional[float] = None


class MitigationPolicy:
    """Turn the estimates, in the order of their stamps, into the events of episodes."""

    def __init__(self, config: MitigationConfig, language: str = 'en',
                 sensitivity: str = NORMAL) -> None:
        """Start with no episode.

        Args:
            config: when to answer, and what.
            language: of the texts.
            sensitivity: which of the file's timings decides when.

        Raises:
            SerError: ``config`` has no texts in the language, or no such sensitivity.
        """
        config.check_language(language)
        self._responses = config.responses
        #: May be replaced between two updates.
        self.timing = config.timing_of(sensitivity)
        self._language = language
        self._episodes = 0
        #: What was wrong with the last estimate; '' where nothing was.
        self.problem = ''
        self.reset()

    def reset(self) -> None:
        """Forget everything heard and said; only the numbers of the episodes go on."""
        self._stamp_s = -math.inf
        self._episode: Optional[_Episode] = None
        self._held = ''
        self._held_since_s = -math.inf
        self._cool_until_s = -math.inf
        self._turns: Dict[Tuple[str, ...], int] = {}

    def update(self, now: Now, estimate: Estimate) -> Commands:
        """Take the next estimate and return what is to be done now: mostly nothing.

        A value that is not allowed changes nothing, and is described by `problem`.
        """
        self.problem = ''
        try:
            estimate.check()
        except SerError as error:
            self.problem = str(error)
            return []
        return [command for event in self._heard(estimate) for command in _commands(event)]

    def tick(self, now: Now) -> Commands:
        """Return what is to be done as time goes by; to be called at 2 Hz or more."""
        return []

    def actions_run(self, now: Now, running: bool) -> Commands:
        """Take whether an action runs; that suspends watching and all limits of time."""
        return []

    def _heard(self, estimate: Estimate) -> List[Event]:
        stamp_s, state, label, confidence = estimate[:4]
        if stamp_s < self._stamp_s - TIME_TOLERANCE_S:
            self.reset()
        lost = stamp_s - self._stamp_s > _LONGEST_STEP_S
        self._stamp_s = stamp_s
        heard = label if state == State.EMOTION else ''
        triggers = heard in self._responses and confidence >= self.timing.min_confidence
        self._hold(heard if triggers else '', lost)

        events = []
        if self._episode is not None and self._timed_out(self._episode, heard, lost):
            events.append(self._end(Phase.TIMED_OUT, self._episode, confidence))
        if self._episode is None:
            return events + self._start(confidence)
        return events + self._go_on(self._episode, heard, triggers, confidence)

    def _reached(self, since_s: float, duration_s: float) -> bool:
        return self._stamp_s - since_s >= duration_s - TIME_TOLERANCE_S

    def _hold(self, trigger: str, lost: bool) -> None:
        if trigger != self._held or lost:
            self._held = trigger
            self._held_since_s = self._stamp_s

    def _timed_out(self, episode: _Episode, heard: str, lost: bool) -> bool:
        if heard and not lost:
            episode.heard_s = self._stamp_s
        return self._reached(episode.heard_s, self.timing.timeout_s)

    def _start(self, confidence: float) -> List[Event]:
        if (not self._held or not self._reached(self._held_since_s, self.timing.hold_s)
                or not self._reached(self._cool_until_s, 0.0)):
            return []
        self._episodes += 1
        now_s = self._stamp_s
        self._episode = _Episode(self._held, self._held_since_s, heard_s=now_s, answered_s=now_s)
        return [self._event(Phase.STARTED, self._episode, confidence)]

    def _go_on(
        self, episode: _Episode, heard: str, triggers: bool, confidence: float,
    ) -> List[Event]:
        if heard in self._responses:
            episode.recovering_since_s = None
            return self._repeat(episode, confidence) if (
                triggers and heard == episode.emotion) else []
        if heard:
            # Silence and unclear speech do not stop a recovery: people speak in short turns.
            if episode.recovering_since_s is None:
                episode.recovering_since_s = self._stamp_s
            if self._reached(episode.recovering_since_s, self.timing.recovery_s):
                return [self._end(Phase.RECOVERED, episode, confidence)]
        return []

    def _repeat(self, episode: _Episode, confidence: float) -> List[Event]:
        repeat_s = self.timing.repeat_s
        if repeat_s == 0.0 or not self._reached(episode.answered_s, repeat_s):
            return []
        episode.answered_s = self._stamp_s
        return [self._event(Phase.REPEATED, episode, confidence)]

    def _end(self, phase: Phase, episode: _Episode, confidence: float) -> Event:
        self._episode = None
        self._cool_until_s = self._stamp_s + self.timing.cooldown_s
        return self._event(phase, episode, confidence)

    def _event(self, phase: Phase, episode: _Episode, confidence: float) -> Event:
        strategy = self._responses[episode.emotion][0]
        steps = [action.texts for step in strategy.steps for action in step.actions
                 if action.texts]
        texts = (steps[min(phase - 1, len(steps) - 1)] if phase < Phase.RECOVERED
                 else strategy.closing.get(phase, {self._language: ()}))
        return Event(
            phase=phase,
            emotion=episode.emotion,
            strategy=strategy.name,
            text=self._next_text(texts[self._language]),
            language=self._language,
            episode=self._episodes,
            confidence=float(confidence),
            duration_s=self._stamp_s - episode.since_s)

    def _next_text(self, texts: Tuple[str, ...]) -> str:
        """Return the texts in turn, over all episodes; '' where there are none."""
        if not texts:
            return ''
        turn = self._turns.get(texts, 0)
        self._turns[texts] = turn + 1
        return texts[turn % len(texts)]


def _commands(event: Event) -> Commands:
    say = (ActionCall('say', None, event.text, event.language),) if event.text else ()
    stop = () if event.phase < Phase.RECOVERED else (StopActions(),)
    return [event, *stop, *((RunStep(say),) if say else ())]
