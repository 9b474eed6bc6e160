# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The latest episode: its steps, its end, and what is remembered of all of them."""

import math
from typing import List, Optional

from ser_ros.mitigation.actions.base import ACTIONS
from ser_ros.mitigation.clock import PolicyClock
from ser_ros.mitigation.config import MitigationConfig
from ser_ros.mitigation.episode import Episode, restored
from ser_ros.mitigation.learning import Learner
from ser_ros.mitigation.limits import Answers
from ser_ros.mitigation.memory import Memory
from ser_ros.mitigation.phases import (
    ActionCall,
    Command,
    Commands,
    Event,
    Phase,
    RunStep,
    StopActions,
)
from ser_ros.mitigation.strategies import Step, Strategy
from ser_ros.mitigation.texts import TextHistory
from ser_ros.mitigation.timing import Timing

_LARGEST_NUMBER = 2 ** 32 - 1
# A text that was handed over is over by then.
_TEXT_S = 10.0


class Episodes:
    """Start, continue and close episodes.

    Attributes:
        clock: the time.
        config: the file; may be replaced between two episodes.
        language: of the texts, likewise.
        latest: the latest episode, open or over.
        changes: goes up with every change of what is remembered.
        confidence: that of the latest estimate, for the events.
    """

    def __init__(self, config: MitigationConfig, language: str, memory: Memory,
                 learner: Optional[Learner]) -> None:
        """Start where another run was."""
        self.clock = PolicyClock()
        self.config = config
        self.language = language
        self.latest: Optional[Episode] = None
        self.changes = 0
        self.confidence = 0.0
        self.answers = Answers(self.clock)
        self._learner = learner
        self._learned = memory.learned
        if learner is not None:
            learner.counts = memory.learned
        self._history = TextHistory(memory.said)
        self._number = memory.episodes
        self._cool_until_s = self._speaks_until_s = -math.inf

    def restore(self, memory: Memory, timing: Timing) -> None:
        """Take over what depends on the time, now that it is known."""
        self.answers.restore(memory.answers)
        if memory.cool_until:
            # No longer than it ever is: the wall clock may have been wrong, then or now.
            self._cool_until_s = self.clock.of(
                memory.cool_until, max(timing.cooldown_s, timing.quiet_s))
        if memory.episode is not None:
            self.latest = restored(memory.episode, self.clock, self.config, timing)

    def stored(self, paused: bool) -> Memory:
        """Return what is remembered."""
        learned = self._learned if self._learner is None else self._learner.counts
        return Memory(
            episodes=self._number, paused=paused,
            cool_until=self.clock.wall(self._cool_until_s) if self.is_cooling else '',
            answers=tuple(self.answers.stored()), said=tuple(self._history.marks),
            episode=None if self.latest is None else self.latest.stored(self.clock),
            learned=learned)

    @property
    def number(self) -> int:
        """The number of the latest episode; 0 before the first."""
        return self._number

    @property
    def open(self) -> Optional[Episode]:
        """The episode that is going on."""
        return self.latest if self.latest is not None and self.latest.is_open else None

    @property
    def is_cooling(self) -> bool:
        """Whether it is too early for another episode."""
        return self.clock.s < self._cool_until_s

    @property
    def may_resume(self) -> Optional[Episode]:
        """The episode that is over and may go on, now or soon."""
        latest = self.latest
        if (latest is None or latest.is_open or not latest.has_steps
                or self.clock.s > latest.until_s):
            return None
        return latest

    def cool(self, duration_s: float) -> None:
        """Let no episode start for a time; a longer cool-down stays."""
        self._cool_until_s = max(self._cool_until_s, self.clock.s + duration_s)
        self.changes += 1

    def end_cool_down(self, interrupted: bool = False) -> None:
        """Let the next episode start at any time, as a new one.

        Args:
            interrupted: an answer was cut off. A text to speech may go on with its text, so the
                next episode waits for that.
        """
        if interrupted:
            self._speaks_until_s = self.clock.s + _TEXT_S
        self._cool_until_s = self._speaks_until_s
        if self.latest is not None:
            self.latest.until_s = -math.inf
        self.changes += 1

    def start(self, emotion: str, since_s: float, timing: Timing) -> Commands:
        """Begin an episode.

        Args:
            emotion: what it is about.
            since_s: when that was first heard.
            timing: what decides when the next step is due.
        """
        self.count_result()
        number = self._number % _LARGEST_NUMBER + 1
        self._number = number
        episode = Episode(number, emotion, self._choose(emotion, number), self.language, since_s)
        episode.answered_s = self.clock.s
        self.latest = episode
        return self._take_step(Phase.STARTED, episode, timing)

    def resume(self, episode: Episode, emotion: str, timing: Timing) -> Commands:
        """Go on with an episode that was over, one step further."""
        episode.resume()
        self.count_result()
        self._follow(episode, emotion)
        return self._take_step(Phase.STARTED, episode, timing)

    def next_step(self, episode: Episode, emotion: str, timing: Timing) -> Commands:
        """Take the next step.

        Args:
            episode: the one that is open.
            emotion: the one that leads clearly now; '' where none does.
            timing: what decides when the step after it is due.
        """
        self._follow(episode, emotion)
        return self._take_step(Phase.REPEATED, episode, timing)

    def close(self, phase: Phase, timing: Timing, speak: bool = True) -> Commands:
        """End the episode that is open.

        Args:
            phase: why.
            timing: what decides for how long no other one starts.
            speak: say the closing text, if there is one.
        """
        episode = self.open
        assert episode is not None
        cool_s = episode.close(phase, self.clock.s, timing, self.config.learning.reward_s)
        self.cool(cool_s)
        if phase is not Phase.RECOVERED:
            self.count_result()
        texts = episode.strategy.closing.get(phase) if speak else None
        text = ''
        if texts and self.answers.allowed(self.config.limits):
            text = self._history.pick(texts.get(episode.language, ()), episode.said)
        commands = [self._event(phase, episode, text), StopActions()]
        if text:
            self.answers.add()
            call = ActionCall('say', ACTIONS['say'].Options(), text, episode.language)
            commands.append(RunStep((call,)))
        return commands

    def count_result(self) -> None:
        """Let the learner know the result of the latest episode, unless it does."""
        episode = self.latest
        if episode is None or episode.result is None or episode.is_counted:
            return
        episode.is_counted = True
        self.changes += 1
        if self._learner is not None:
            self._learner.learn(episode.emotion, episode.strategy.name, episode.result)

    def count_result_in_time(self) -> None:
        """Count a recovery, once no relapse can follow."""
        episode = self.latest
        if (episode is not None and not episode.is_open and episode.result is not None
                and not episode.is_counted and self.clock.s > episode.until_s):
            self.count_result()

    def feedback(self, helped: bool) -> bool:
        """Take what a person says of the latest episode; return whether there is one."""
        episode = self.latest
        if episode is None:
            return False
        if episode.is_counted and episode.result != helped and self._learner is not None:
            self._learner.correct(episode.emotion, episode.strategy.name, helped)
        episode.result, episode.is_fixed = helped, True
        self.changes += 1
        if not episode.is_open:
            self.count_result()
        return True

    def _choose(self, emotion: str, number: int) -> Strategy:
        strategies = self.config.strategies_for(emotion)
        if self._learner is None:
            return strategies[0]
        name = self._learner.choose(
            emotion, [strategy.name for strategy in strategies], number)
        return next(strategy for strategy in strategies if strategy.name == name)

    def _follow(self, episode: Episode, emotion: str) -> None:
        """Change the emotion of an episode where another one leads, once at most."""
        if emotion and emotion != episode.emotion and not episode.changed and (
                self.config.strategies_for(emotion)):
            episode.change(emotion, self._choose(emotion, episode.number))

    def _take_step(self, phase: Phase, episode: Episode, timing: Timing) -> Commands:
        step = episode.strategy.steps[episode.step]
        episode.step += 1
        calls = self._calls(step, episode)
        episode.wait(self.clock.s, timing)
        self.changes += 1
        text = next((call.text for call in calls if call.text), '')
        commands: Commands = [self._event(phase, episode, text)]
        return commands + [RunStep(tuple(calls))] if calls else commands

    def _calls(self, step: Step, episode: Episode) -> List[ActionCall]:
        allowed = self.answers.allowed(self.config.limits)
        calls, heard = [], False
        for action in step.actions:
            if action.audible and not allowed:
                continue
            text = ''
            if action.texts:
                text = self._history.pick(action.texts.get(episode.language, ()), episode.said)
                if not text:
                    continue
            heard = heard or action.audible
            calls.append(ActionCall(
                action.kind, action.options, text, episode.language if text else ''))
        if heard:
            self.answers.add()
        return calls

    def _event(self, phase: Phase, episode: Episode, text: str) -> Command:
        return Event(
            phase=phase, emotion=episode.emotion, strategy=episode.strategy.name, text=text,
            language=episode.language, episode=episode.number, confidence=self.confidence,
            duration_s=max(0.0, self.clock.s - episode.since_s))
