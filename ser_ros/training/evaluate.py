# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measure a stored model on speakers it was never trained on, by the steps of the running graph."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser_ros.emotion.labels import MAIN_EMOTIONS
from ser_ros.features import create_extractor
from ser_ros.features.base import FeatureExtractor
from ser_ros.inference.classifier import Classifier
from ser_ros.training import metrics
from ser_ros.training.data import Clip, read_samples
from ser_ros.training.windows import PERIOD_S


@dataclass(frozen=True)
class Figures:
    """
    What is right of the answers to some clips, in one choice of classes.

    Attributes
    ----------
    labels: the classes that could be answered.
    confusion: counts, truth by row and answer by column.
    interval: 95 % interval of UAR.
    resampled: what the interval's bootstrap drew, 'speakers' or 'clips'.
    calibration_error: of the clips' scores (ECE, 15 bins).

    """

    labels: tuple[str, ...]
    confusion: np.ndarray
    interval: tuple[float, float]
    resampled: str
    calibration_error: float

    @property
    def uar(self) -> float:
        """Unweighted average recall over the classes that have clips."""
        return metrics.uar(self.confusion)


def window_scores(classifier: Classifier, clips: Iterable[Clip]) -> Iterator[np.ndarray]:
    """
    Yield the probabilities of each clip's windows, (windows, labels).

    :raises SerError: if a clip cannot be read.
    """
    extractor = create_extractor(classifier.session.info.feature_set)
    for clip in clips:
        windows = stream_images(read_samples(clip.path), extractor)
        yield np.stack([classifier.probabilities(image) for image in windows])


def stream_images(samples: np.ndarray, extractor: FeatureExtractor) -> Iterator[np.ndarray]:
    """Yield the windows of a recording, one every PERIOD_S, as the running graph streams them."""
    extractor.reset()
    step = round(PERIOD_S * extractor.sample_rate_hz)
    image = np.empty(extractor.shape, np.float32)
    start = 0
    for end in range(extractor.window_samples, len(samples) + 1, step):
        extractor.push(samples[start:end])
        start = end
        yield extractor.image(image)


def clip_score(windows: np.ndarray, columns: Sequence[int]) -> np.ndarray:
    """
    Return a clip's score: the mean over its windows of the probabilities of some labels.

    Each window is restricted to them and renormalised, as the running graph does with its
    parameter ``emotions``.

    :param windows: (windows, labels).
    """
    kept = windows[:, columns]
    return (kept / kept.sum(axis=1, keepdims=True)).mean(axis=0)


def compare(clips: Sequence[Clip], scores: Sequence[np.ndarray], labels: Sequence[str],
            chosen: Sequence[str]) -> Figures:
    """
    Compare scores and truth of the clips whose emotion is among ``chosen``.

    :param scores: of each clip, as `window_scores` yields them.
    :param chosen: the labels that may be answered.
    """
    columns = [index for index, label in enumerate(labels) if label in chosen]
    rows = [index for index, clip in enumerate(clips) if clip.label in columns]
    kept = np.stack([clip_score(scores[index], columns) for index in rows])
    truth = np.array([columns.index(clips[index].label) for index in rows])
    answers = kept.argmax(axis=1)
    groups, resampled = _groups([clips[index] for index in rows])
    return Figures(
        labels=tuple(labels[index] for index in columns),
        confusion=metrics.confusion(truth, answers, len(columns)),
        interval=metrics.bootstrap_uar(truth, answers, groups, len(columns)),
        resampled=resampled, calibration_error=metrics.calibration_error(kept, truth))


def _groups(clips: Sequence[Clip]) -> tuple[list[str], str]:
    """Return what the bootstrap draws: speakers, or clips where there is one speaker only."""
    speakers = [clip.speaker for clip in clips]
    if len(set(speakers)) > 1:
        return speakers, 'speakers'
    return [str(index) for index in range(len(clips))], 'clips'


def evaluate(clips: Sequence[Clip], scores: Sequence[np.ndarray],
             labels: Sequence[str]) -> dict[str, dict[str, Figures]]:
    """
    Return the figures by corpus and choice of classes.

    The choices: 'all' labels of the model may be answered; those that the 'corpus' has, where it
    lacks some; the 'main' four.
    """
    results: dict[str, dict[str, Figures]] = {}
    for name in dict.fromkeys(clip.corpus for clip in clips):
        rows = [index for index, clip in enumerate(clips) if clip.corpus == name]
        members, values = [clips[index] for index in rows], [scores[index] for index in rows]
        present = [labels[index] for index in sorted({clip.label for clip in members})]
        choices = {'all': list(labels), 'corpus': present, 'main': list(MAIN_EMOTIONS)}
        if present == list(labels):
            del choices['corpus']
        results[name] = {choice: compare(members, values, labels, chosen)
                         for choice, chosen in choices.items()}
    return results


def save_scores(path: Path, clips: Sequence[Clip], scores: Sequence[np.ndarray],
                labels: Sequence[str]) -> None:
    """Write every clip with its truth and its score as CSV."""
    with open(path, 'w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(['corpus', 'file_path', 'speaker', 'emotion', *labels])
        for clip, windows in zip(clips, scores, strict=True):
            score = clip_score(windows, range(len(labels)))
            writer.writerow([clip.corpus, clip.path, clip.speaker, labels[clip.label],
                             *(f'{value:.5f}' for value in score)])
