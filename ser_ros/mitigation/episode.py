# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One episode: what it is about, how far it is, and what is heard in it."""

import math
from dataclasses import dataclass, field
from typing import Optional, Set

from ser_ros.mitigation.clock import PolicyClock
from ser_ros.mitigation.config import MitigationConfig
from ser_ros.mitigation.memory import EpisodeMemory
from ser_ros.mitigation.phases import Phase
from ser_ros.mitigation.strategies import Step, Strategy
from ser_ros.mitigation.timing import Timing

# An episode that was cut off by these goes on where it was, if the emotion comes back soon.
CUT_OFF = (Phase.STALE, Phase.TIME_JUMPED, Phase.STOPPED, Phase.RESTARTED)
# After these the robot has nothing more to offer for a while.
AT_AN_END = (Phase.ESCALATED, Phase.ABANDONED, Phase.ACKNOWLEDGED)
# Nobody waits before a relapse is answered, so it has to last. Otherwise a voice that is heard as
# negative now and then would get one answer after the other.
_RELAPSE_S = 2.0


@dataclass
class Episode:
    """An episode, open or over. All times are those of the policy's clock.

    Attributes:
        number: from 1.
        emotion: what it is about.
        strategy: what answers it.
        language: of its texts.
        since_s: when the emotion was first heard.
        step: number of steps taken.
        next_s: when the next step may be taken; infinite where none is due.
        changed: whether its emotion has changed, which is allowed once.
        said: marks of its texts.
        silent_s: time without anything to go by [s], in audio time.
        calm_s: time for which other emotions were heard [s], in audio time.
        answered_s: when the first step was taken.
        is_open: whether it has no closing message yet.
        until_s: after the end: until when it may go on.
        at_once: after the end: whether it goes on without waiting for the next step.
        relapsed: whether it went on after a recovery.
        result: whether it helped, as far as that is known.
        is_counted: whether the learner knows the result.
        is_fixed: whether a person has given the result.
    """

    number: int
    emotion: str
    strategy: Strategy
    language: str
    since_s: float
    step: int = 0
    next_s: float = math.inf
    changed: bool = False
    said: Set[str] = field(default_factory=set)
    silent_s: float = 0.0
    calm_s: float = 0.0
    answered_s: float = -math.inf
    is_open: bool = True
    until_s: float = -math.inf
    at_once: bool = False
    relapsed: bool = False
    result: Optional[bool] = None
    is_counted: bool = False
    is_fixed: bool = False

    @property
    def has_steps(self) -> bool:
        """Whether a step is left."""
        return self.step < len(self.strategy.steps)

    def is_due(self, now_s: float, lasting_s: float) -> bool:
        """Return whether the episode, which is over, may go on now.

        Args:
            now_s: the time.
            lasting_s: for how long the evidence has been enough.
        """
        return lasting_s >= _RELAPSE_S if self.at_once else now_s >= self.next_s

    def due_in(self, now_s: float) -> float:
        """Return the time until the next step may be taken [s]; NaN where none is due."""
        if not self.has_steps or self.next_s == math.inf:
            return math.nan
        return max(0.0, self.next_s - now_s)

    def wait(self, now_s: float, timing: Timing) -> None:
        """Begin to wait for the next step."""
        self.next_s = now_s + _wait_of(self.strategy.steps[self.step - 1], timing)
        self.silent_s = self.calm_s = 0.0

    def change(self, emotion: str, strategy: Strategy) -> None:
        """Take up another emotion; its strategy goes on as far as the old one came."""
        self.emotion, self.strategy, self.changed = emotion, strategy, True
        self.step = min(self.step, len(strategy.steps) - 1)

    def close(self, phase: Phase, now_s: float, timing: Timing, reward_s: float) -> float:
        """Note the end, and return for how long no other episode may start [s]."""
        self.is_open = False
        self.at_once = phase is Phase.RECOVERED
        self.until_s = -math.inf
        if phase is Phase.RECOVERED:
            self.until_s = now_s + timing.relapse_s
            in_time = now_s - self.answered_s <= reward_s and not self.relapsed
            self._set_result(in_time)
        elif phase in CUT_OFF:
            # After a restart it counts when the wait was over, even if that is long ago.
            known_s = -math.inf if phase is Phase.RESTARTED else now_s
            waited_s = self.next_s if self.next_s < math.inf else now_s
            self.until_s = max(known_s, waited_s) + timing.relapse_s
        elif phase in (Phase.ESCALATED, Phase.ABANDONED):
            self._set_result(False)
        if phase in AT_AN_END or (phase in CUT_OFF and not self.has_steps):
            return max(timing.quiet_s, timing.cooldown_s)
        return timing.cooldown_s

    def resume(self) -> None:
        """Go on after the end."""
        self.is_open = True
        if self.at_once:
            self.relapsed = True
            self._set_result(False)

    def _set_result(self, helped: bool) -> None:
        # One that changed says too little about either strategy.
        if not (self.is_fixed or self.is_counted or self.changed):
            self.result = helped

    def stored(self, clock: PolicyClock) -> EpisodeMemory:
        """Return what outlives the process."""
        return EpisodeMemory(
            number=self.number, emotion=self.emotion, strategy=self.strategy.name, step=self.step,
            language=self.language, since=clock.wall(self.since_s),
            next=clock.wall(self.next_s) if self.next_s < math.inf else '',
            until=clock.wall(self.until_s) if self.until_s > -math.inf else '',
            open=self.is_open, at_once=self.at_once, changed=self.changed,
            relapsed=self.relapsed, said=tuple(sorted(self.said)), result=self.result,
            counted=self.is_counted, fixed=self.is_fixed)


def _wait_of(step: Step, timing: Timing) -> float:
    return (timing.repeat_s or math.inf) if step.wait_s is None else step.wait_s


def restored(memory: EpisodeMemory, clock: PolicyClock, config: MitigationConfig,
             timing: Timing) -> Episode:
    """Return the episode of another run; it has no step left if the file lacks its strategy."""
    found = {strategy.name: strategy for strategy in config.strategies_for(memory.emotion)}
    strategy = found.get(memory.strategy) if memory.language in config.languages else None
    strategy = strategy or Strategy(memory.strategy, (), {})
    step = min(memory.step, len(strategy.steps))
    # No longer than it ever is: the wall clock may have been wrong, then or now.
    wait_s = _wait_of(strategy.steps[step - 1], timing) if step else 0.0
    return Episode(
        number=memory.number, emotion=memory.emotion, strategy=strategy,
        language=memory.language, since_s=clock.past(memory.since), step=step,
        next_s=clock.of(memory.next, wait_s) if memory.next else math.inf,
        until_s=(clock.of(memory.until, wait_s + timing.relapse_s) if memory.until
                 else -math.inf),
        is_open=memory.open, at_once=memory.at_once, changed=memory.changed,
        relapsed=memory.relapsed, said=set(memory.said), result=memory.result,
        is_counted=memory.counted, is_fixed=memory.fixed)
