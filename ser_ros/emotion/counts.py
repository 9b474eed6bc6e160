# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Counts of windows, or files, by the emotion that was named."""

from collections import Counter
from typing import Dict, Iterable, List

UNCERTAIN = 'uncertain'
NO_SPEECH = 'no_speech'


class EmotionCounts:
    """Counts windows, or files, by the emotion that was named."""

    def __init__(self, labels: Iterable[str] = ()) -> None:
        """Start with none.

        Args:
            labels: emotions that are listed also where none was named.
        """
        self._labels: List[str] = list(labels)
        self._counts: Dict[str, int] = Counter()

    def add(self, state: str, label: str, labels: Iterable[str] = ()) -> None:
        """Count one.

        Args:
            state: name of a ``ser_ros.emotion.tracker.State``.
            label: the emotion, where the state is EMOTION.
            labels: further emotions that are listed.
        """
        self._labels.extend(name for name in labels if name not in self._labels)
        self._counts[label if state == 'EMOTION' else state.lower()] += 1

    def __len__(self) -> int:
        """Return how many were counted."""
        return sum(self._counts.values())

    def counts(self) -> Dict[str, int]:
        """Return the number of every emotion, then of uncertain and no speech."""
        return {name: self._counts[name] for name in self._labels + [UNCERTAIN, NO_SPEECH]}

    def shares(self) -> Dict[str, float]:
        """Return the shares in the order of `counts`; the sum is 1, or 0 where none is counted."""
        total = max(1, len(self))
        return {name: count / total for name, count in self.counts().items()}
