# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a model's UAR falls when its clips are degraded: ``ser_ros evaluate --robustness``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ser_ros.corpora.labelled_clips import Clip, read_samples
from ser_ros.degrade.channel import to_16_bit
from ser_ros.degrade.seeds import generator_for
from ser_ros.evaluation import metrics
from ser_ros.evaluation.conditions import CLEAN, Condition
from ser_ros.evaluation.figures import clip_answers, of_corpus
from ser_ros.evaluation.scoring import ClipScores, Scorer
from ser_ros.progress import Progress

TALKERS = 40  # clips that babble is made of


@dataclass(frozen=True)
class Robustness:
    """What is right of a corpus under one condition; shares in [0, 1].

    Attributes:
        clips: number of them.
        uar, interval: per clip, all labels of the model allowed, with its 95 % interval by
            bootstrap.
        difference: to UAR without any degradation, by a paired bootstrap.
        no_speech: share of the clips in which no window counts as speech.
    """

    corpus: str
    condition: Condition
    clips: int
    uar: float
    interval: tuple[float, float]
    difference: metrics.Difference
    no_speech: float


def choose(clips: Sequence[Clip], per_corpus: int, seed: int = 0) -> list[Clip]:
    """Draw clips of each corpus, the same ones for the same clips, its classes as evenly as can be.

    Args:
        per_corpus: maximum number of each; 0 for all.
    """
    generator = np.random.default_rng(seed)
    chosen: list[Clip] = []
    for corpus in dict.fromkeys(clip.corpus for clip in clips):
        classes: dict[int, list[Clip]] = {}
        for clip in clips:
            if clip.corpus == corpus:
                classes.setdefault(clip.label, []).append(clip)
        turns = [(turn, members[index]) for _, members in sorted(classes.items())
                 for turn, index in enumerate(generator.permutation(len(members)))]
        turns.sort(key=lambda turn_and_clip: turn_and_clip[0])
        chosen += [clip for _, clip in turns[:per_corpus or None]]
    return chosen


def measure(scorer: Scorer, clips: Sequence[Clip], conditions: Sequence[Condition],
            progress: Progress) -> list[Robustness]:
    """Score the clips as they are (CLEAN) and under every condition, by the steps of the graph.

    What is drawn for a clip and a condition is always the same.

    Raises:
        SerError: if a clip cannot be read, or this machine lacks a codec.
    """
    drawn = np.random.default_rng(0).permutation(len(clips))[:TALKERS]
    talkers = [(clips[index], read_samples(clips[index].path, scorer.recognizer.min_samples))
               for index in drawn]
    all_conditions = [CLEAN, *conditions]
    scores = list(progress.track(_scores(scorer, clips, all_conditions, talkers), 'robustness',
                                 len(clips) * len(all_conditions)))
    results = []
    for corpus in dict.fromkeys(clip.corpus for clip in clips):
        members, clean = of_corpus(clips, scores[::len(all_conditions)], corpus)
        for index, condition in enumerate(all_conditions):
            _, degraded = of_corpus(clips, scores[index::len(all_conditions)], corpus)
            results.append(_compare(corpus, condition, members, degraded, clean,
                                    len(scorer.labels)))
    return results


def _scores(scorer: Scorer, clips: Sequence[Clip], conditions: Sequence[Condition],
            talkers: Sequence[tuple[Clip, np.ndarray]]) -> Iterator[ClipScores]:
    for clip in clips:
        samples = read_samples(clip.path, scorer.recognizer.min_samples)
        others = [speech for talker, speech in talkers
                  if (talker.corpus, talker.speaker) != (clip.corpus, clip.speaker)]
        for condition in conditions:
            degraded = condition.degrade(samples, generator_for(clip.path, condition.title), others)
            yield scorer.score(to_16_bit(degraded))


def _compare(corpus: str, condition: Condition, clips: Sequence[Clip],
             scores: Sequence[ClipScores], clean: Sequence[ClipScores],
             classes: int) -> Robustness:
    columns = list(range(classes))
    degraded = clip_answers(clips, scores, columns)
    undisturbed = clip_answers(clips, clean, columns).probabilities.argmax(axis=1)
    answers, truth, groups = degraded.probabilities.argmax(axis=1), degraded.truth, degraded.groups
    return Robustness(
        corpus, condition, len(clips), metrics.uar(metrics.confusion(truth, answers, classes)),
        metrics.bootstrap_uar(truth, answers, groups, classes),
        metrics.paired_bootstrap(truth, answers, undisturbed, groups, classes),
        float(np.mean([not clip_scores.speech.any() for clip_scores in scores])))
