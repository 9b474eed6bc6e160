# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From which confidence on an emotion is named: so that what is named is right at a stated rate.

Chosen on validation speakers, over the very steps of the graph with its smoothing, and kept in the
model file.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.emotion.settings import TrackerSettings
from ser_ros.emotion.tracker import EmotionTracker, State
from ser_ros.errors import SerError, listed
from ser_ros.evaluation.scoring import Scorer, WindowScores
from ser_ros.graph_defaults import graph_settings
from ser_ros.inference.model_file import Model
from ser_ros.inference.onnx_file import writing
from ser_ros.progress import Progress
from ser_ros.recognizer import Recognizer

LOGGER = logging.getLogger(__name__)

# By corpus: windows with speech, those of them that are answered, those answered rightly.
Counts = dict[str, np.ndarray]
CANDIDATES = np.round(np.arange(0.0, 1.0, 0.01), 2)
# A rate of fewer answers than this share of a corpus's windows with speech says too little.
LEAST_ANSWERED = 0.05


@dataclass(frozen=True)
class Answers:
    """How the graph answers the windows with speech of one corpus.

    Attributes:
        answered: share of them in which it names an emotion.
        right: share of those that are right; NaN where none is answered.
    """

    answered: float
    right: float


@dataclass(frozen=True)
class Threshold:
    """A chosen threshold and what it gives.

    Attributes:
        min_confidence: the threshold.
        reached: whether the stated rate is.
        answers: by corpus, on the data that it was chosen on.
    """

    min_confidence: float
    reached: bool
    answers: dict[str, Answers]

    @property
    def right(self) -> float:
        """Share of right answers, the mean over the corpora."""
        return float(np.mean([answers.right for answers in self.answers.values()]))

    @property
    def answered(self) -> float:
        """Share of the windows with speech that are answered, the mean over the corpora."""
        return float(np.mean([answers.answered for answers in self.answers.values()]))


def answer(clips: Sequence[Clip], scores: Sequence[WindowScores], labels: Sequence[str],
           settings: TrackerSettings) -> dict[str, Answers]:
    """Return how the graph with these settings answers to some clips, by corpus."""
    return shares(count(clips, scores, labels, settings))


def count(clips: Sequence[Clip], scores: Sequence[WindowScores], labels: Sequence[str],
          settings: TrackerSettings) -> Counts:
    """Return how many windows hold speech, are answered and answered rightly, by corpus."""
    counts: Counts = {}
    for clip, windows in zip(clips, scores, strict=True):
        totals = counts.setdefault(clip.corpus, np.zeros(3))
        tracker = EmotionTracker(labels, settings)
        for end_s, probabilities, speech_probability in zip(
                windows.end_s.tolist(), windows.probabilities, windows.speech_probability.tolist(),
                strict=True):
            estimate = tracker.update(end_s, probabilities, speech_probability)
            totals += (estimate.state is not State.NO_SPEECH, estimate.state is State.EMOTION,
                       estimate.label == labels[clip.label])
    return counts


def shares(counts: Counts) -> dict[str, Answers]:
    """Return what `count` has counted, in shares."""
    return {name: Answers(float(named / max(heard, 1)),
                          float(right / named) if named else float('nan'))
            for name, (heard, named, right) in counts.items()}


def choose(clips: Sequence[Clip], scores: Sequence[WindowScores], labels: Sequence[str],
           accuracy: float, settings: TrackerSettings) -> Threshold:
    """Return the lowest threshold with which the stated share of the answers is right.

    Every corpus weighs the same. Where no threshold reaches that share, it is the one with the
    highest, among those with which at least 5 % of the windows with speech of each corpus are
    answered.

    Args:
        clips: of the validation speakers.
        scores: of each clip.
        accuracy: the stated share, over 0 to 1.
        settings: the tracker's, whatever its ``min_confidence``.

    Raises:
        SerError: if in the windows of a corpus no speech is heard.
    """
    best = None
    for candidate in CANDIDATES:
        answers = answer(clips, scores, labels, replace(settings, min_confidence=float(candidate)))
        if any(rates.answered < LEAST_ANSWERED for rates in answers.values()):
            break
        threshold = Threshold(float(candidate), False, answers)
        if threshold.right >= accuracy:
            return replace(threshold, reached=True)
        if best is None or threshold.right > best.right:
            best = threshold
    if best is None:
        silent = ' or '.join(name for name, rates in answers.items() if not rates.answered)
        raise SerError(f'no speech was found in the clips of {silent}, so no threshold can be '
                       'chosen')
    return best


def add_to_model(folder: Path, clips: Sequence[Clip], accuracy: float,
                 progress: Progress) -> Threshold:
    """Choose the threshold of a stored model and write it into all its files.

    Args:
        folder: of the model; the choice is made with its file of the highest precision.
        clips: of the validation speakers.
        accuracy: as in `choose`.

    Returns:
        what was chosen.

    Raises:
        SerError: if the model or a clip cannot be read.
    """
    model = Model(f'{folder}/')
    with Recognizer(f'{folder}/', model.precisions[0], backend='onnxruntime') as recognizer:
        scores = list(progress.track(Scorer(recognizer).clips(clips), 'answers', len(clips)))
    threshold = choose(clips, scores, model.info.labels, accuracy, graph_settings(model.info))
    if not threshold.reached:
        LOGGER.warning('no threshold reaches %.0f %% right answers; the best reaches %.0f %%',
                       100 * accuracy, 100 * threshold.right)
    writing.change_metadata([Path(model.path(name)) for name in model.precisions],
                            lambda _, metadata: _state(metadata, threshold, accuracy))
    return threshold


def _state(metadata: dict[str, Any], threshold: Threshold, accuracy: float) -> None:
    metadata['min_confidence'] = threshold.min_confidence
    metadata.pop('answer_accuracy', None)
    if threshold.reached:
        metadata['answer_accuracy'] = accuracy
    metadata['metrics']['validation_answers'] = as_metadata(threshold.answers)


def as_metadata(answers: Mapping[str, Answers]) -> dict[str, dict[str, float]]:
    """Return the shares by corpus as they stand in a model file; none right without answers."""
    return {name: {key: round(value, 4) for key, value in asdict(rates).items()
                   if not math.isnan(value)} for name, rates in answers.items()}


def describe(threshold: Threshold) -> str:
    """Return the threshold and what it gives as one line of text."""
    return f'min_confidence {threshold.min_confidence:.2f}: {describe_answers(threshold.answers)}'


def describe_answers(answers: Mapping[str, Answers]) -> str:
    """Return what a threshold gives as one line of text."""
    if not all(rates.answered for rates in answers.values()):
        silent = [name for name, rates in answers.items() if not rates.answered]
        return f'no emotion is named in the windows with speech of {listed(silent)}'
    right, answered = (float(np.mean([getattr(rates, name) for rates in answers.values()]))
                       for name in ('right', 'answered'))
    by_corpus = ', '.join(f'{name} {rates.right:.1%} of {rates.answered:.1%}'
                          for name, rates in answers.items())
    return (f'{right:.1%} of the answers are right, {answered:.1%} of the windows with speech are '
            f'answered ({by_corpus})')
