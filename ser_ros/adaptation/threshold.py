# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From which confidence on an adapted model names an emotion, and how often it is right then."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ser_ros.adaptation.clips import Heard
from ser_ros.adaptation.fit import Examples
from ser_ros.corpora.labelled_clips import Clip
from ser_ros.evaluation import metrics
from ser_ros.evaluation.scoring import WindowScores
from ser_ros.evaluation.threshold import (
    Answers,
    Counts,
    Threshold,
    choose,
    count,
    shares,
)
from ser_ros.graph_defaults import graph_settings
from ser_ros.inference.model_metadata import ModelInfo
from ser_ros.inference.softmax import softmax


@dataclass(frozen=True)
class HeldOut:
    """The answers to the clips by models that were not trained on them.

    Attributes:
        clips: those with speech.
        examples, heard: their windows with speech.
        logits: of each window, by a layer that was trained on the other folds.
        folds: indices of the clips in each.
    """

    clips: Sequence[Clip]
    examples: Examples
    heard: Heard
    logits: np.ndarray
    folds: Sequence[np.ndarray]

    def temperature(self, clips: np.ndarray) -> float:
        """Return what fits the windows of some clips best."""
        chosen = np.sort(clips)
        some = self.examples.of(chosen)
        return metrics.fit_temperature(self.logits[np.isin(self.examples.clips, chosen)],
                                       some.labels[some.clips], some.weights())

    def scores(self, chosen: np.ndarray,
               temperature: float) -> tuple[list[Clip], list[WindowScores]]:
        """Return some clips and their scores, as `ser_ros.evaluation.threshold` takes them."""
        rows = [self.examples.clips == index for index in chosen]
        return [self.clips[index] for index in chosen], [
            WindowScores(softmax(self.logits[row] / temperature, np.float64),
                         self.heard.end_s[row], self.heard.speech[row])
            for row in rows]


@dataclass(frozen=True)
class Chosen:
    """A threshold, and what it is worth.

    Attributes:
        all: the threshold, chosen on all clips; what it gives there is too good, as it was chosen
            so.
        accuracy: the share of right answers that was wanted.
        cross_validated: by corpus, the answers to each fold with temperature and threshold of the
            other folds.
    """

    all: Threshold
    accuracy: float
    cross_validated: dict[str, Answers]


def choose_threshold(held_out: HeldOut, info: ModelInfo, accuracy: float,
                     temperature: float) -> Chosen:
    """Choose the threshold on all clips, and judge the choice by cross-validation.

    Args:
        accuracy: share of right answers that is wanted, over 0 to 1.
        temperature: of all clips.
    """
    settings = graph_settings(info)
    everyone = np.arange(len(held_out.clips))
    counts: Counts = {}
    for fold in held_out.folds:
        others = np.setdiff1d(everyone, fold)
        theirs = held_out.temperature(others)
        threshold = choose(*held_out.scores(others, theirs), info.labels, accuracy, settings)
        judged = count(*held_out.scores(fold, theirs), info.labels,
                       replace(settings, min_confidence=threshold.min_confidence))
        for name, values in judged.items():
            counts[name] = counts.get(name, 0) + values
    return Chosen(choose(*held_out.scores(everyone, temperature), info.labels, accuracy,
                         settings), accuracy, shares(counts))
