# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of merit, all of them in [0, 1]."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


def confusion(truth: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    """Return the counts, (classes, classes): truth by row, answer by column."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (truth, answers), 1)
    return counts


def recalls(counts: np.ndarray) -> np.ndarray:
    """Return the share of each class that is recognised; NaN for a class without clips.

    Args:
        counts: (..., classes, classes), as all functions below take them.
    """
    return _shares(_hits(counts), counts.sum(axis=-1))


def precisions(counts: np.ndarray) -> np.ndarray:
    """Return the share of each answer that is right; NaN for a class that is never answered."""
    return _shares(_hits(counts), counts.sum(axis=-2))


def f1_scores(counts: np.ndarray) -> np.ndarray:
    """Return F1 = 2 TP / (2 TP + FP + FN) of each class; NaN for a class without clips."""
    truths = counts.sum(axis=-1)
    scores = _shares(2 * _hits(counts), truths + counts.sum(axis=-2))
    return np.where(truths > 0, scores, np.nan)


def uar(counts: np.ndarray) -> float:
    """Return the unweighted average recall: the mean over the classes that have clips."""
    return float(np.nanmean(recalls(counts)))


def accuracy(counts: np.ndarray) -> float:
    """Return the share of clips that are recognised."""
    return float(np.trace(counts) / counts.sum())


def macro_f1(counts: np.ndarray) -> float:
    """Return the mean of F1 over the classes that have clips."""
    return float(np.nanmean(f1_scores(counts)))


def _hits(counts: np.ndarray) -> np.ndarray:
    return np.diagonal(counts, axis1=-2, axis2=-1)


def _shares(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


@dataclass(frozen=True)
class Reliability:
    """How sure and how right the answers are, by bins of equal width of their confidence.

    Attributes:
        confidence, accuracy: mean confidence and share of right answers in each bin; NaN in an
            empty one.
        share: of all answers that are in the bin.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    share: np.ndarray

    @property
    def calibration_error(self) -> float:
        """The expected calibration error: the mean distance between the two."""
        return float(np.nansum(np.abs(self.confidence - self.accuracy) * self.share))


def reliability(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> Reliability:
    """Return the bins of a reliability diagram (Guo et al. 2017, arXiv:1706.04599).

    Args:
        confidence: of each answer, [0, 1].
        right: whether each is.
    """
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    sizes = np.bincount(which, minlength=bins)
    return Reliability(
        _shares(np.bincount(which, confidence, bins), sizes),
        _shares(np.bincount(which, right, bins), sizes), sizes / len(which))


def calibration_error(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> float:
    """Return the expected calibration error (Guo et al. 2017, arXiv:1706.04599).

    The mean distance between confidence and share of right answers over bins of equal width.
    """
    right = probabilities.argmax(axis=1) == truth
    return reliability(probabilities.max(axis=1), right, bins).calibration_error


def risk_coverage(confidence: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the error of the most confident answers against how many those are.

    The curve of Geifman and El-Yaniv 2017 (arXiv:1705.08500). Answers of equal confidence are
    taken together, since no threshold parts them.

    Returns:
        coverage, rising to 1, and risk: the share of wrong answers among those covered.
    """
    order = np.argsort(-confidence, kind='stable')
    ends = np.flatnonzero(np.diff(confidence[order], append=-np.inf))
    answered = ends + 1
    wrong = np.cumsum(~right[order].astype(bool))[ends]
    return answered / len(order), wrong / answered


def coverage_at(risk_limit: float, coverage: np.ndarray, risk: np.ndarray) -> float:
    """Return the largest coverage with at most this risk; 0 if there is none."""
    allowed = coverage[risk <= risk_limit]
    return float(allowed.max()) if len(allowed) else 0.0


def bootstrap(
        truth: np.ndarray, answers: np.ndarray, groups: Sequence[str], classes: int,
        rounds: int = 2000, seed: int = 0) -> dict[str, tuple[float, float]]:
    """Return 95 % intervals over resampled groups (percentile bootstrap, Efron 1979).

    Args:
        groups: what is drawn with replacement: each clip's speaker, or the clips themselves.

    Returns:
        of 'uar', 'macro_f1' and 'accuracy'.
    """
    drawn, = _drawn_confusions(truth, [answers], groups, classes, rounds, seed)
    values = {
        'uar': np.nanmean(recalls(drawn), axis=1),
        'macro_f1': np.nanmean(f1_scores(drawn), axis=1),
        'accuracy': _hits(drawn).sum(axis=1) / drawn.sum(axis=(1, 2))}
    return {name: _interval(draws) for name, draws in values.items()}


@dataclass(frozen=True)
class Difference:
    """By how much one model's UAR is over another's on the same clips.

    Attributes:
        uar: ours less theirs.
        interval: 95 % interval of that.
        below: share of the bootstrap's draws in which ours is the lower one.
    """

    uar: float
    interval: tuple[float, float]
    below: float


def paired_bootstrap(
        truth: np.ndarray, answers: np.ndarray, others: np.ndarray, groups: Sequence[str],
        classes: int, rounds: int = 2000, seed: int = 0) -> Difference:
    """Compare two models' answers over the same resampled groups.

    Args:
        others: the other model's answers to the same clips.
        groups: see `bootstrap`.
    """
    ours, theirs = (np.nanmean(recalls(drawn), axis=1) for drawn in _drawn_confusions(
        truth, [answers, others], groups, classes, rounds, seed))
    return Difference(
        uar(confusion(truth, answers, classes)) - uar(confusion(truth, others, classes)),
        _interval(ours - theirs), float(np.mean(ours < theirs)))


def _drawn_confusions(truth: np.ndarray, answers: Sequence[np.ndarray], groups: Sequence[str],
                      classes: int, rounds: int, seed: int) -> list[np.ndarray]:
    """Return each model's confusions in the same draws, (rounds, classes, classes)."""
    names, which = np.unique(np.asarray(groups), return_inverse=True)
    generator = np.random.default_rng(seed)
    draws = generator.integers(0, len(names), (rounds, len(names)))
    times = np.stack([np.bincount(draw, minlength=len(names)) for draw in draws])
    confusions = []
    for answered in answers:
        counts = np.zeros((len(names), classes, classes))
        np.add.at(counts, (which, truth, answered), 1)
        confusions.append(np.tensordot(times, counts, 1))
    return confusions


def _interval(values: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def bootstrap_uar(
        truth: np.ndarray, answers: np.ndarray, groups: Sequence[str], classes: int,
        rounds: int = 2000, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of UAR alone; see `bootstrap`."""
    return bootstrap(truth, answers, groups, classes, rounds, seed)['uar']


def fit_temperature(logits: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """Return the temperature under which softmax(logits / temperature) loses least (Guo et al.).

    Args:
        weights: of each row in the mean of -log(probability of the truth).
    """
    candidates = np.exp(np.linspace(np.log(0.2), np.log(5.0), 400))
    losses = [np.average(_losses(logits / value, truth), weights=weights) for value in candidates]
    return float(candidates[int(np.argmin(losses))])


def _losses(logits: np.ndarray, truth: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(truth)), truth]
