# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Worlds in which strategies help with known chances, to see what learning makes of them."""

import math
import random
from dataclasses import dataclass
from typing import Mapping, NamedTuple, Optional, Sequence, Tuple, Type

from ser_ros.mitigation.actions.base import ACTIONS
from ser_ros.mitigation.config import LearningSettings, MitigationConfig
from ser_ros.mitigation.learning import Learner
from ser_ros.mitigation.strategies import Step, StepAction, Strategy
from ser_ros.mitigation.timing import AnswerLimits, Timing
from ser_ros.simulation.hearing import SILENT, HearingSettings
from ser_ros.simulation.persons import Person
from ser_ros.simulation.process import ResponderSettings
from ser_ros.simulation.robot import RobotSettings
from ser_ros.simulation.run import Run, Surroundings

EMOTION = 'anger'
# Short times, so that there are many episodes.
_TIMING = Timing(
    min_confidence=0.4, hold_s=1.25, repeat_s=0.0, recovery_s=2.0, timeout_s=6.0, cooldown_s=2.0,
    relapse_s=2.0, quiet_s=2.0)
_WAIT_S = 8.0
_CALM_S = 10.0
_ANSWER_S = 1.0
# No episode takes longer than this in the mean.
_EPISODE_S = 16.0
_MOST_ANSWERS = 1000


@dataclass(frozen=True)
class World:
    """How often strategies help.

    Attributes:
        name: of the world.
        chances: by strategy; one mapping for each part of the time, all equally long.
        silences: whom a strategy does not help falls silent, instead of staying upset.
    """

    name: str
    chances: Tuple[Mapping[str, float], ...]
    silences: bool = False

    @property
    def strategies(self) -> Tuple[str, ...]:
        """The names of the strategies."""
        return tuple(self.chances[0])


WORLDS = (
    World('one is better', ({'first': 0.3, 'second': 0.6},)),
    World('all are equal', ({'first': 0.5, 'second': 0.5},)),
    World('the better one changes', ({'first': 0.6, 'second': 0.3},
                                     {'first': 0.3, 'second': 0.6})),
)
SILENCE = World('recovery is only silence', ({'first': 0.0, 'second': 0.0},), silences=True)


class Uniform(Learner):
    """Choose each strategy equally often, whatever helped."""

    def distribution(self, emotion: str, name: str) -> Tuple[float, float]:
        """Return the same for all."""
        return 1.0, 1.0


class HelpedPerson(Person):
    """Upset until an answer helps; then calm for a while, and upset again."""

    def __init__(self, world: World, episodes: int, seed: int) -> None:
        """Start upset.

        Args:
            world: how often a strategy helps.
            episodes: number of answers until the world ends.
            seed: of the random numbers.
        """
        self._world, self._episodes = world, episodes
        self._random = random.Random(seed)
        self._answers = 0
        self._until_s = math.inf
        self.feels = EMOTION

    def sound(self, now_s: float) -> str:
        """Return how the person sounds."""
        if now_s >= self._until_s:
            self._until_s, self.feels = math.inf, EMOTION
        return self.feels

    def answered(self, now_s: float, strategy: str) -> None:
        """Calm down, fall silent, or stay as upset as before."""
        parts = self._world.chances
        part = min(self._answers * len(parts) // self._episodes, len(parts) - 1)
        self._answers += 1
        if self._random.random() < parts[part][strategy]:
            self.feels = 'neutral'
        elif self._world.silences:
            self.feels = SILENT
        else:
            return
        self._until_s = now_s + _CALM_S


class Result(NamedTuple):
    """What became of the episodes of a world.

    Attributes:
        episodes: their number.
        recovered: share of them in which the person recovered.
        chosen: share of each strategy.
        learned: by strategy, how often it helped and did not, as it is remembered.
    """

    episodes: int
    recovered: float
    chosen: Mapping[str, float]
    learned: Mapping[str, Sequence[float]]


def live(world: World, learner: Optional[Type[Learner]], strategies: Sequence[str],
         episodes: int, seed: int, half_life: float = LearningSettings().half_life) -> Result:
    """Let somebody live in a world.

    Args:
        world: how often strategies help.
        learner: chooses among the strategies; None: the first one is taken.
        strategies: those that the mitigation file allows.
        episodes: their number, up to 1000, which is what the robot may say in a day.
        seed: of all random numbers.
        half_life: of the learner.
    """
    run = Run(
        ResponderSettings(_config(strategies, half_life), learner=learner),
        HelpedPerson(world, episodes, seed), episodes * _EPISODE_S * 1.5, seed,
        Surroundings(HearingSettings(uncertain=0.2, wrong=0.0),
                     RobotSettings(delay_s=0.1, speak_s=_ANSWER_S, hang_over_s=0.0)))
    record = run.go()
    messages = [entry for entry in record.sorted_entries() if entry['what'] == 'mitigation']
    started = [entry for entry in messages if entry['phase'] == 'STARTED'][:episodes]
    last = started[-1]['episode'] if started else 0
    recovered = sum(entry['phase'] == 'RECOVERED' and entry['episode'] <= last
                    for entry in messages)
    chosen = {name: sum(entry['strategy'] == name for entry in started) / max(1, len(started))
              for name in world.strategies}
    return Result(len(started), recovered / max(1, len(started)), chosen, run.learned(EMOTION))


def _config(names: Sequence[str], half_life: float) -> MitigationConfig:
    strategies = tuple(Strategy(name, (Step((_say(name),), _WAIT_S),), {}) for name in names)
    return MitigationConfig(
        '', ('en',), _TIMING, {EMOTION: strategies},
        limits=AnswerLimits(per_hour=_MOST_ANSWERS, per_day=_MOST_ANSWERS),
        learning=LearningSettings(half_life=half_life))


def _say(name: str) -> StepAction:
    return StepAction('say', ACTIONS['say'].Options(), True, {'en': (name,)})

