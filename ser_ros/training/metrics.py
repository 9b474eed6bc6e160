# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of merit, all of them in [0, 1]."""

from collections.abc import Sequence

import numpy as np


def confusion(truth: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    """Return the counts, (classes, classes): truth by row, answer by column."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (truth, answers), 1)
    return counts


def recalls(counts: np.ndarray) -> np.ndarray:
    """Return the share of each class that is recognised; NaN for a class without clips."""
    totals = counts.sum(axis=1)
    return np.where(totals > 0, np.diag(counts) / np.maximum(totals, 1), np.nan)


def uar(counts: np.ndarray) -> float:
    """Return the unweighted average recall: the mean over the classes that have clips."""
    return float(np.nanmean(recalls(counts)))


def accuracy(counts: np.ndarray) -> float:
    """Return the share of clips that are recognised."""
    return float(np.trace(counts) / counts.sum())


def macro_f1(counts: np.ndarray) -> float:
    """Return the mean of F1 = 2 TP / (2 TP + FP + FN) over the classes that have clips."""
    present = counts.sum(axis=1) > 0
    hits = np.diag(counts)
    f1 = 2 * hits / np.maximum(counts.sum(axis=0) + counts.sum(axis=1), 1)
    return float(f1[present].mean())


def calibration_error(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> float:
    """
    Return the expected calibration error (Guo et al. 2017, arXiv:1706.04599).

    The mean distance between confidence and share of right answers over bins of equal width.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(confidence[which == index].mean() - right[which == index].mean())
            * np.mean(which == index) for index in range(bins) if np.any(which == index)]
    return float(sum(gaps))


def bootstrap_uar(
        truth: np.ndarray, answers: np.ndarray, groups: Sequence[str], classes: int,
        rounds: int = 2000, seed: int = 0) -> tuple[float, float]:
    """
    Return the 95 % interval of UAR over resampled groups (percentile bootstrap, Efron 1979).

    :param groups: what is drawn with replacement: each clip's speaker, or the clips themselves.
    """
    names, which = np.unique(np.asarray(groups), return_inverse=True)
    counts = np.stack([confusion(truth[which == index], answers[which == index], classes)
                       for index in range(len(names))])
    generator = np.random.default_rng(seed)
    draws = generator.integers(0, len(names), (rounds, len(names)))
    values = [uar(counts[draw].sum(axis=0)) for draw in draws]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def fit_temperature(logits: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """
    Return the temperature under which softmax(logits / temperature) loses least (Guo et al.).

    :param weights: of each row in the mean of -log(probability of the truth).
    """
    candidates = np.exp(np.linspace(np.log(0.2), np.log(5.0), 400))
    losses = [np.average(_losses(logits / value, truth), weights=weights) for value in candidates]
    return float(candidates[int(np.argmin(losses))])


def _losses(logits: np.ndarray, truth: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(truth)), truth]
