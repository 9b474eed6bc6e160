# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether one model is better than another, by a paired bootstrap over the same clips."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.errors import SerError, listed
from ser_ros.evaluation import document, metrics, score_files
from ser_ros.evaluation.cells import percent, points
from ser_ros.evaluation.document import Block, Heading, Table, Text
from ser_ros.evaluation.figures import bootstrap_groups, choices, clip_answers, of_corpus
from ser_ros.evaluation.report import CHOICES
from ser_ros.evaluation.scoring import ClipScores


@dataclass(frozen=True)
class Comparison:
    """Two models on the same clips, in one choice of classes.

    Attributes:
        clips: number of clips.
        resampled: what the bootstrap drew, 'speakers' or 'clips'.
        uar_a, uar_b: UAR of the two.
        difference: UAR of A less that of B.
    """

    clips: int
    resampled: str
    uar_a: float
    uar_b: float
    difference: metrics.Difference

    @property
    def better(self) -> str:
        """'A' or 'B' if the interval of the difference leaves out 0, else ''."""
        low, high = self.difference.interval
        return 'A' if low > 0 else 'B' if high < 0 else ''


Comparisons = dict[str, dict[str, Comparison]]


def run(first: Path, second: Path, names: Sequence[str], output: Path) -> str:
    """Compare two evaluations of the same clips, and write the report to ``output``.

    Args:
        first, second: output folders of the evaluations of A and B.
        names: of A and B, for the report.
        output: folder of comparison.md, .html and .json.

    Returns:
        The report as Markdown.

    Raises:
        SerError: if a file cannot be read, or the clips are not the same.
    """
    paths = first / score_files.WINDOWS, second / score_files.WINDOWS
    labels_a, labels_b = map(score_files.labels_of, paths)
    labels = [label for label in labels_a if label in labels_b]
    if len(labels) < 2:
        raise SerError(f'{paths[0]} has the labels {listed(labels_a)}, but {paths[1]} has '
                       f'{listed(labels_b)}; at least two must be the same')
    clips = score_files.load_clips(paths[0], labels)
    scores_a, scores_b = (score_files.load_windows(path, clips, labels) for path in paths)
    found = compare(clips, scores_a, scores_b, labels)
    blocks = build(found, names, labels if set(labels_a) != set(labels_b) else ())
    values = {'a': names[0], 'b': names[1], 'labels': labels, 'corpora': as_json(found)}
    (output / 'comparison.json').write_text(json.dumps(values, indent=2) + '\n', encoding='utf-8')
    return document.save(blocks, output, 'comparison')


def compare(clips: Sequence[Clip], scores_a: Sequence[ClipScores],
            scores_b: Sequence[ClipScores], labels: Sequence[str]) -> Comparisons:
    """Return the comparisons by corpus and choice of classes."""
    results: Comparisons = {}
    for name in dict.fromkeys(clip.corpus for clip in clips):
        members, ours = of_corpus(clips, scores_a, name)
        _, theirs = of_corpus(clips, scores_b, name)
        results[name] = {}
        for choice, chosen in choices(members, labels).items():
            columns = [index for index, label in enumerate(labels) if label in chosen]
            rows = [index for index, clip in enumerate(members) if clip.label in columns]
            results[name][choice] = _compare(
                [members[row] for row in rows], [ours[row] for row in rows],
                [theirs[row] for row in rows], columns)
    return results


def _compare(clips: Sequence[Clip], scores_a: Sequence[ClipScores],
             scores_b: Sequence[ClipScores], columns: Sequence[int]) -> Comparison:
    ours, theirs = (clip_answers(clips, scores, columns) for scores in (scores_a, scores_b))
    answers_a, answers_b = (entry.probabilities.argmax(axis=1) for entry in (ours, theirs))
    uar_a, uar_b = (metrics.uar(metrics.confusion(ours.truth, answers, len(columns)))
                    for answers in (answers_a, answers_b))
    return Comparison(
        len(clips), bootstrap_groups(clips)[1], uar_a, uar_b,
        metrics.paired_bootstrap(ours.truth, answers_a, answers_b, ours.groups, len(columns)))


def build(comparisons: Comparisons, names: Sequence[str],
          common: Sequence[str] = ()) -> list[Block]:
    """Return the report.

    Args:
        comparisons: by corpus and choice of classes.
        names: of A and B.
        common: the labels compared, where those of the models differ.
    """
    titles = {**CHOICES, 'all': 'all common classes'} if common else CHOICES
    rows = []
    for corpus, chosen in comparisons.items():
        for choice, found in chosen.items():
            low, high = found.difference.interval
            rows.append([
                corpus, titles[choice], str(found.clips), found.resampled, percent(found.uar_a),
                percent(found.uar_b), points(found.difference.uar),
                f'{points(low)}..{points(high)}', percent(found.difference.below),
                found.better or 'not clear'])
    blocks: list[Block] = [
        Heading(f'A: {names[0]}, B: {names[1]}', 1),
        Text('UAR per clip in %, and the difference A - B in percentage points, by a paired '
             'bootstrap: both models are scored on the same 2000 draws of speakers, or of clips '
             'if the speakers are unknown or there is only one. A model is called better only if '
             'the 95 % interval of the difference leaves out 0.')]
    if common:
        blocks.append(Text('The models have different labels. Compared are those of both: '
                           f'{listed(common)}.'))
    return [*blocks, Table(
        ['corpus', 'may be answered', 'clips', 'draws of', 'UAR of A', 'UAR of B', 'A - B',
         '95 % interval', 'draws in which A is lower', 'better'], rows)]


def as_json(comparisons: Comparisons) -> dict[str, Any]:
    """Return plain values by corpus and choice of classes."""
    return {corpus: {choice: {**asdict(found), 'better': found.better}
                     for choice, found in chosen.items()}
            for corpus, chosen in comparisons.items()}
