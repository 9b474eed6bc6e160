# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Baselines to train with: what the same voice said in other clips, as a robot would have heard it.

The shares and counts were chosen by cross-validation over speakers and corpora; docs/experiments.md
has the figures. Mostly calm clips matter: a head that is trained with clips of mixed emotions as
well cannot know which it has, and misses what is neutral.
"""

from collections.abc import Sequence

import numpy as np

# Clips after which a baseline counts half: it is multiplied by m / (m + HALF_CLIPS).
HALF_CLIPS = 8.0
COUNTS = (1, 2, 4, 8, 12, 16)  # clips that a baseline is of
STRANGERS = 0.4  # share of the rows without a baseline
CALM = 0.9  # share of the baselines that are of calm clips; the others are of any one emotion
MOST_WRONG = 0.3  # up to this share of a calm baseline's clips are not calm
# A baseline is never of the clip that it goes with: clips are parted, and the part is left out.
PARTS = 4
PER_PART = 16


class VoiceBaselines:
    """Draws baselines for the rows of a training.

    Each voice, which is a speaker in one kind of copy, gets a stock of baselines, made once.
    """

    def __init__(self, rows: np.ndarray, labels: np.ndarray, voices: Sequence[str],
                 clips: np.ndarray, calm: int | None, generator: np.random.Generator):
        """Make the stock.

        Args:
            rows: embeddings, (rows, size).
            labels: emotion of each row.
            voices: voice of each row.
            clips: number of the clip that each row is of; copies of a clip have the same.
            calm: label of calm speech; None where there is none, so that all baselines are of
                any one emotion.
            generator: draws the clips.
        """
        self._calm = calm
        names, self._voices = np.unique(np.array(voices), return_inverse=True)
        self._parts = clips % PARTS
        stock = [self._make(rows, labels, np.flatnonzero(
            (self._voices == voice) & (self._parts != part)), generator)
            for voice in range(len(names)) for part in range(PARTS)]
        self._stock = np.concatenate(stock)

    def draw(self, rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Return a baseline for each of some rows, (n, size + 1), all 0 for strangers.

        Args:
            rows: their numbers.
            generator: chooses from the stock, and who is a stranger.
        """
        place = (self._voices[rows] * PARTS + self._parts[rows]) * PER_PART
        drawn = self._stock[place + generator.integers(PER_PART, size=len(rows))]
        drawn[generator.random(len(rows)) < STRANGERS] = 0.0
        return drawn

    def _make(self, rows: np.ndarray, labels: np.ndarray, others: np.ndarray,
              generator: np.random.Generator) -> np.ndarray:
        stock = np.zeros((PER_PART, rows.shape[1] + 1), np.float32)
        if len(others):
            for baseline in stock:
                chosen = self._choose(labels[others], others, generator)
                weight = len(chosen) / (len(chosen) + HALF_CLIPS)
                baseline[:-1] = weight * rows[chosen].mean(axis=0)
                baseline[-1] = weight
        return stock

    def _choose(self, labels: np.ndarray, others: np.ndarray,
                generator: np.random.Generator) -> np.ndarray:
        count = int(generator.choice(COUNTS))
        calm = others[labels == self._calm] if self._calm is not None else others[:0]
        if not len(calm) or generator.random() >= CALM:
            emotion = generator.choice(np.unique(labels))
            return _some(others[labels == emotion], count, generator)
        chosen = _some(calm, count, generator)
        wrong = generator.random(len(chosen)) < MOST_WRONG * generator.random()
        chosen[wrong] = generator.choice(others, int(wrong.sum()))
        return chosen


def _some(rows: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    return generator.choice(rows, min(count, len(rows)), replace=False)
