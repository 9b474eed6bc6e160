# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measure a stored model on speakers it was never trained on, by the steps of the running graph."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.emotion.labels import MAIN_EMOTIONS
from ser_ros.emotion.tracker import State
from ser_ros.evaluation import metrics
from ser_ros.evaluation.scoring import ClipScores

UNITS = ('clips', 'windows')


@dataclass(frozen=True)
class Answers:
    """What is answered to each clip or window, and what would be right.

    Attributes:
        probabilities: (n, classes), adding up to 1.
        truth: (n,) class of each.
        groups: (n,) what the bootstrap draws: the speaker, or the clip.
    """

    probabilities: np.ndarray
    truth: np.ndarray
    groups: Sequence[str]


@dataclass(frozen=True)
class Figures:
    """What is right of the answers to some clips or windows, in one choice of classes.

    Attributes:
        labels: the classes that could be answered.
        confusion: counts, truth by row and answer by column.
        intervals: 95 % intervals of 'uar', 'macro_f1' and 'accuracy'.
        resampled: what the intervals' bootstrap drew, 'speakers' or 'clips'.
        confidence, right: of each answer its probability, and whether it is right.
    """

    labels: tuple[str, ...]
    confusion: np.ndarray
    intervals: dict[str, tuple[float, float]]
    resampled: str
    confidence: np.ndarray
    right: np.ndarray

    @property
    def uar(self) -> float:
        """Unweighted average recall over the classes that have clips."""
        return metrics.uar(self.confusion)

    @property
    def macro_f1(self) -> float:
        """Mean of F1 over the classes that have clips."""
        return metrics.macro_f1(self.confusion)

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return metrics.accuracy(self.confusion)

    @property
    def reliability(self) -> metrics.Reliability:
        """How right the answers are against how sure."""
        return metrics.reliability(self.confidence, self.right)

    @property
    def risk_coverage(self) -> tuple[np.ndarray, np.ndarray]:
        """Coverage and risk; see `metrics.risk_coverage`."""
        return metrics.risk_coverage(self.confidence, self.right)


def restrict(windows: np.ndarray, columns: Sequence[int]) -> np.ndarray:
    """Return the probabilities of some labels, renormalised.

    As the running graph does with its parameter ``emotions``.

    Args:
        windows: (windows, labels).
    """
    kept = windows[:, columns]
    return kept / kept.sum(axis=1, keepdims=True)


def clip_score(scores: ClipScores, columns: Sequence[int]) -> np.ndarray:
    """Return a clip's score: the mean over its windows of the probabilities of some labels."""
    return restrict(scores.probabilities[scores.rated], columns).mean(axis=0)


def clip_answers(clips: Sequence[Clip], scores: Sequence[ClipScores],
                 columns: Sequence[int]) -> Answers:
    """Return one answer for each clip, all of whose labels are among ``columns``."""
    groups, _ = bootstrap_groups(clips)
    return Answers(np.stack([clip_score(clip_scores, columns) for clip_scores in scores]),
                   np.array([columns.index(clip.label) for clip in clips]), groups)


def window_answers(clips: Sequence[Clip], scores: Sequence[ClipScores],
                   columns: Sequence[int]) -> Answers:
    """Return one answer for each window with speech; its truth is that of the clip.

    A clip without speech has none, unless there is no speech in any clip: then all windows count.
    """
    groups, _ = bootstrap_groups(clips)
    counted = [clip_scores.speech for clip_scores in scores]
    if not any(speech.any() for speech in counted):
        counted = [clip_scores.rated for clip_scores in scores]
    sizes = [int(windows.sum()) for windows in counted]
    return Answers(
        np.concatenate([restrict(clip_scores.probabilities[windows], columns)
                        for clip_scores, windows in zip(scores, counted, strict=True)]),
        np.repeat([columns.index(clip.label) for clip in clips], sizes),
        np.repeat(groups, sizes).tolist())


ANSWERS = {'clips': clip_answers, 'windows': window_answers}


def bootstrap_groups(clips: Sequence[Clip]) -> tuple[list[str], str]:
    """Return what the bootstrap draws, of each clip and in words.

    That is its speaker, or the clip itself where there is one speaker only or one is unknown.
    """
    speakers = [clip.speaker for clip in clips]
    if len(set(speakers)) > 1 and '' not in speakers:
        return speakers, 'speakers'
    return [str(index) for index in range(len(clips))], 'clips'


def compare(clips: Sequence[Clip], scores: Sequence[ClipScores], labels: Sequence[str],
            chosen: Sequence[str], unit: str = 'clips') -> Figures:
    """Compare scores and truth of the clips whose emotion is among ``chosen``.

    Args:
        scores: of each clip.
        chosen: the labels that may be answered.
        unit: 'clips' or 'windows'.
    """
    columns = [index for index, label in enumerate(labels) if label in chosen]
    rows = [index for index, clip in enumerate(clips) if clip.label in columns]
    members = [clips[index] for index in rows]
    answered = ANSWERS[unit](members, [scores[index] for index in rows], columns)
    answers = answered.probabilities.argmax(axis=1)
    return Figures(
        labels=tuple(labels[index] for index in columns),
        confusion=metrics.confusion(answered.truth, answers, len(columns)),
        intervals=metrics.bootstrap(answered.truth, answers, answered.groups, len(columns)),
        resampled=bootstrap_groups(members)[1],
        confidence=answered.probabilities.max(axis=1), right=answers == answered.truth)


def of_corpus(clips: Sequence[Clip], scores: Sequence[ClipScores],
              corpus: str) -> tuple[list[Clip], list[ClipScores]]:
    """Return the clips of one corpus and their scores."""
    rows = [index for index, clip in enumerate(clips) if clip.corpus == corpus]
    return [clips[index] for index in rows], [scores[index] for index in rows]


def choices(clips: Sequence[Clip], labels: Sequence[str]) -> dict[str, list[str]]:
    """Return which labels may be answered to the clips of a corpus.

    'all' labels of the model; those that the 'corpus' has, where it lacks some; the 'main' four,
    where the corpus has clips of more than one of them.
    """
    present = [labels[index] for index in sorted({clip.label for clip in clips})]
    chosen = {'all': list(labels), 'corpus': present,
              'main': [label for label in labels if label in MAIN_EMOTIONS]}
    if present == list(labels):
        del chosen['corpus']
    if len(set(present) & set(MAIN_EMOTIONS)) < 2:
        del chosen['main']
    return chosen


def evaluate(clips: Sequence[Clip], scores: Sequence[ClipScores], labels: Sequence[str],
             unit: str = 'clips') -> dict[str, dict[str, Figures]]:
    """Return the figures by corpus and choice of classes; see `choices`."""
    results = {}
    for name in dict.fromkeys(clip.corpus for clip in clips):
        members, values = of_corpus(clips, scores, name)
        results[name] = {choice: compare(members, values, labels, chosen, unit)
                         for choice, chosen in choices(members, labels).items()}
    return results


@dataclass(frozen=True)
class Named:
    """How the graph names one emotion.

    Attributes:
        windows: number of windows in which it names the emotion.
        right: number of those that are right.
        spoken: number of windows with speech in the clips of the emotion.
    """

    windows: int
    right: int
    spoken: int

    @property
    def precision(self) -> float:
        """Share of the windows named so that are right; NaN without any."""
        return self.right / self.windows if self.windows else float('nan')

    @property
    def recall(self) -> float:
        """Share of the emotion's windows with speech that are named so; NaN without any."""
        return self.right / self.spoken if self.spoken else float('nan')


@dataclass(frozen=True)
class GraphFigures:
    """What the graph says of a corpus with its own thresholds.

    Attributes:
        windows: number of windows, with and without speech.
        no_speech, uncertain: share of them in which it says so.
        right: share that is right of the windows in which an emotion is named; NaN if none is.
        silent_clips: number of clips without speech in any window.
        named: by emotion, how it is named.
    """

    windows: int
    no_speech: float
    uncertain: float
    right: float
    silent_clips: int
    named: dict[str, Named]


def graph_figures(clips: Sequence[Clip], scores: Sequence[ClipScores],
                  labels: Sequence[str]) -> GraphFigures:
    """Return what the graph says of all windows of some clips."""
    states = np.concatenate([clip_scores.states for clip_scores in scores])
    said = np.concatenate([clip_scores.labels for clip_scores in scores])
    truth = np.repeat([labels[clip.label] for clip in clips],
                      [len(clip_scores.states) for clip_scores in scores])
    named = said != ''
    return GraphFigures(
        len(states), float(np.mean(states == State.NO_SPEECH)),
        float(np.mean(states == State.UNCERTAIN)),
        float(np.mean(said[named] == truth[named])) if named.any() else float('nan'),
        sum(not clip_scores.speech.any() for clip_scores in scores),
        {label: Named(int(np.sum(said == label)), int(np.sum((said == label) & (truth == label))),
                      int(np.sum((truth == label) & (states != State.NO_SPEECH))))
         for label in labels})
