# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much speaks for the emotions that a robot answers.

With ``p`` the smoothed probability of an emotion, ``P`` the sum over all that are answered, ``c``
the ``min_confidence`` and ``d = exp(-dt / leak_s)``, a window of speech of ``dt`` seconds adds to

- the evidence of each emotion: ``E <- d * d * E + dt * p * p``. So the latest and surest
  windows decide which one it is;
- the common evidence: ``C <- max(0, d * C + dt * (P - c) / (1 - c))``.

Silence only lets both leak, and more slowly, because people speak in sentences. The common evidence
decides whether there is something to answer, since negative emotions are easily mistaken for each
other. The emotions' own evidence decides which one it is. The common evidence is given as a share
of what speech that is certain for ``hold_s`` leads to. At 1 an episode starts.
"""

import math
from typing import Dict, Iterable, Mapping

from ser_ros.mitigation.timing import Timing

# A pause leaks this many times more slowly than speech.
_PAUSE = 4.0
# One window counts no more than this share of hold_s, and without others before it leads no higher
# than to this level. So one is never enough.
_WINDOW_SHARE = 0.6
_FIRST = 0.1
# A hold_s of 0 stands for this, since one window is never enough.
_LEAST_HOLD_S = 0.1
# The leader leads clearly with this share of the evidence more than the second.
_CLEAR_LEAD = 0.05
# Less than this is left of old evidence only after many time constants.
_LEAST = 1e-6
# On and off differ, so that an emotion does not come and go with every window.
OFF = 0.5


class Evidence:
    """The evidence for each emotion, in audio time."""

    def __init__(self, emotions: Iterable[str]) -> None:
        """Start with nothing heard."""
        self._emotions = tuple(emotions)
        self.reset()

    def reset(self) -> None:
        """Forget everything heard."""
        self._own = dict.fromkeys(self._emotions, 0.0)
        self._common = 0.0
        #: The common evidence, 1 where an episode starts.
        self.level = 0.0

    def leak(self, dt_s: float, timing: Timing) -> None:
        """Take a window in which nothing was heard."""
        if self._common or any(self._own.values()):
            self._decay(math.exp(-dt_s / (_PAUSE * timing.leak_s)))
            self.level = self._common / _needed(timing)

    def add(self, dt_s: float, shares: Mapping[str, float], timing: Timing) -> None:
        """Take a window of speech.

        Args:
            dt_s: time since the window before.
            shares: the probabilities by label.
            timing: what decides when an answer is due.
        """
        # Where windows are far apart, each counts and leaks as if they were not.
        step_s = min(dt_s, _WINDOW_SHARE * max(timing.hold_s, _LEAST_HOLD_S))
        self._decay(math.exp(-step_s / timing.leak_s))
        needed_s = _needed(timing)
        is_first = self._common < _FIRST * needed_s
        total = 0.0
        for emotion in self._emotions:
            share = shares.get(emotion, 0.0)
            total += share
            self._own[emotion] += step_s * share * share
        least = timing.min_confidence
        over = (total - least) / (1.0 - least) if least < 1.0 else total - 1.0
        self._common = max(0.0, self._common + step_s * over)
        if is_first:
            self._common = min(self._common, _WINDOW_SHARE * needed_s)
        self.level = self._common / needed_s

    def _decay(self, factor: float) -> None:
        self._common *= factor
        for emotion, value in self._own.items():
            value *= factor * factor
            self._own[emotion] = value if value > _LEAST else 0.0

    def shares(self) -> Dict[str, float]:
        """Return the level for each emotion; they add up to the common one."""
        total = sum(self._own.values())
        return {emotion: self.level * value / total if total else 0.0
                for emotion, value in self._own.items()}

    def leader(self) -> str:
        """Return the emotion that leads clearly; '' where none does."""
        ranked = sorted(self._own, key=self._own.__getitem__, reverse=True)
        first, second = self._own[ranked[0]], self._own[ranked[1]] if len(ranked) > 1 else 0.0
        return ranked[0] if first > 0.0 and first - second >= _CLEAR_LEAD * sum(
            self._own.values()) else ''

    def strongest(self) -> str:
        """Return the emotion with most evidence; '' where there is none for any."""
        strongest = max(self._own, key=self._own.__getitem__)
        return strongest if self._own[strongest] > 0.0 else ''


def _needed(timing: Timing) -> float:
    """Return the common evidence [s] that speech leads to which is certain for ``hold_s``."""
    hold_s = max(timing.hold_s, _LEAST_HOLD_S)
    return timing.leak_s * (1.0 - math.exp(-hold_s / timing.leak_s))
