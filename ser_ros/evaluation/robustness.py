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
    """
    What is right of a corpus under one condition; shares in [0, 1].

    Attributes
    ----------
    clips: number of them.
    uar, interval: per clip, all labels of the model allowed, with its 95 % interval by bootstrap.
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
    """
    Draw clips of each corpus, the same ones for the same clips, its classes as evenly as can be.

    :param per_corpus: at most so many of each; 0 for all.
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
        turns.sort(key=lambda entry: entry[0])
        chosen += [clip for _, clip in turns[:per_corpus or None]]
    return chosen


def measure(scorer: Scorer, clips: Sequence[Clip], conditions: Sequence[Condition],
            progress: Progress) -> list[Robustness]:
    """
    Score the clips as they are (CLEAN) and under every condition, by the steps of the graph.

    What is drawn for a clip and a condition is always the same.

    :raises SerError: if a clip cannot be read, or this machine lacks a codec.
    """
    drawn = np.random.default_rng(0).permutation(len(clips))[:TALKERS]
    talkers = [(clips[index], read_samples(clips[index].path, scorer.recognizer.min_samples))
               for index in drawn]
    kinds = [CLEAN, *conditions]
    scores = list(progress.track(_scores(scorer, clips, kinds, talkers), 'robustness',
                                 len(clips) * len(kinds)))
    results = []
    for corpus in dict.fromkeys(clip.corpus for clip in clips):
        members, clean = of_corpus(clips, scores[::len(kinds)], corpus)
        for index, kind in enumerate(kinds):
            _, degraded = of_corpus(clips, scores[index::len(kinds)], corpus)
            results.append(_compare(corpus, kind, members, degraded, clean,
                                    len(scorer.labels)))
    return results


def _scores(scorer: Scorer, clips: Sequence[Clip], kinds: Sequence[Condition],
            talkers: Sequence[tuple[Clip, np.ndarray]]) -> Iterator[ClipScores]:
    for clip in clips:
        samples = read_samples(clip.path, scorer.recognizer.min_samples)
        others = [speech for talker, speech in talkers
                  if (talker.corpus, talker.speaker) != (clip.corpus, clip.speaker)]
        for kind in kinds:
            degraded = kind.degrade(samples, generator_for(clip.path, kind.title), others)
            yield scorer.score(to_16_bit(degraded))


def _compare(corpus: str, kind: Condition, clips: Sequence[Clip],
             scores: Sequence[ClipScores], clean: Sequence[ClipScores],
             classes: int) -> Robustness:
    given, before = (clip_answers(clips, entry, list(range(classes))) for entry in (scores, clean))
    answers, undisturbed = (entry.probabilities.argmax(axis=1) for entry in (given, before))
    return Robustness(
        corpus, kind, len(clips), metrics.uar(metrics.confusion(given.truth, answers, classes)),
        metrics.bootstrap_uar(given.truth, answers, given.groups, classes),
        metrics.paired_bootstrap(given.truth, answers, undisturbed, given.groups, classes),
        float(np.mean([not entry.speech.any() for entry in scores])))
