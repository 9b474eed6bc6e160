# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which strategy helps: Thompson sampling over those that the file allows for an emotion.

Each strategy of an emotion has a Beta distribution of how often it helps: a prior of the file, and
the results so far. For each episode one value is drawn from each distribution, and the strategy
with the largest value is taken. So what helps is chosen more and more often, while the others are
still tried. Results count half after ``half_life`` newer ones, so that it can change its mind.
"""

import random
from typing import Dict, Optional, Sequence, Tuple

from ser_ros.mitigation.config import LearningSettings

# By emotion and strategy: how often it helped and how often it did not, after decay.
Counts = Dict[str, Dict[str, Tuple[float, ...]]]


class Learner:
    """Choose among strategies, and learn from what became of it."""

    def __init__(self, settings: LearningSettings, seed: Optional[int] = None) -> None:
        """Start without results.

        Args:
            settings: priors and half-life.
            seed: makes the choices repeatable; they also depend on the number of the episode, so
                they do not begin again after a restart.
        """
        self.settings = settings
        self._seed = random.SystemRandom().getrandbits(64) if seed is None else seed
        #: The results so far; may be replaced.
        self.counts: Counts = {}

    def choose(self, emotion: str, names: Sequence[str], episode: int) -> str:
        """Return one of the strategies.

        Args:
            emotion: what the episode is about.
            names: the strategies that are allowed.
            episode: its number.
        """
        if len(names) == 1:
            return names[0]
        draw = random.Random(f'{self._seed} {episode}').betavariate
        drawn = {name: draw(*self.distribution(emotion, name)) for name in names}
        return max(names, key=drawn.__getitem__)

    def distribution(self, emotion: str, name: str) -> Tuple[float, float]:
        """Return both parameters of the Beta distribution of how often a strategy helps."""
        helped, not_helped = self.counts.get(emotion, {}).get(name, (0.0, 0.0))
        return self.settings.helped + helped, self.settings.not_helped + not_helped

    def learn(self, emotion: str, name: str, helped: bool) -> None:
        """Take a result."""
        decay = 0.5 ** (1.0 / self.settings.half_life)
        counts = {other: tuple(count * decay for count in old)
                  for other, old in self.counts.get(emotion, {}).items()}
        yes, no = counts.get(name, (0.0, 0.0))
        counts[name] = (yes + helped, no + (not helped))
        self.counts = {**self.counts, emotion: counts}

    def correct(self, emotion: str, name: str, helped: bool) -> None:
        """Turn the latest result of a strategy around, because a person said so."""
        yes, no = self.counts.get(emotion, {}).get(name, (0.0, 0.0))
        counts = dict(self.counts.get(emotion, {}))
        counts[name] = ((yes + 1.0, max(0.0, no - 1.0)) if helped
                        else (max(0.0, yes - 1.0), no + 1.0))
        self.counts = {**self.counts, emotion: counts}
