# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The steps of ``ser_ros evaluate``, from labelled clips to the files of the report."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.evaluation import (
    document,
    emotion_changes,
    fairness,
    pictures,
    report,
    robustness,
    robustness_report,
    score_files,
)
from ser_ros.evaluation.conditions import all_conditions
from ser_ros.evaluation.emotion_changes import Response
from ser_ros.evaluation.figures import UNITS, evaluate, graph_figures, of_corpus
from ser_ros.evaluation.report_values import as_json
from ser_ros.evaluation.scoring import ClipScores, Scorer
from ser_ros.progress import Progress


@dataclass(frozen=True)
class Measured:
    """What was measured of a model on labelled clips.

    Attributes:
        evaluation: the figures.
        clips: what was measured on.
        scores: of each clip.
        responses: to changes of emotion.
        labels: those of the model.
    """

    evaluation: report.Evaluation
    clips: Sequence[Clip]
    scores: Sequence[ClipScores]
    responses: Sequence[Response]
    labels: Sequence[str]

    def save(self, output: Path) -> str:
        """Write the report and what is behind it.

        Args:
            output: folder of the files.

        Returns:
            The report as Markdown.
        """
        score_files.save_clips(output / 'scores.csv', self.clips, self.scores, self.labels)
        score_files.save_windows(
            output / score_files.WINDOWS, self.clips, self.scores, self.labels)
        if self.responses:
            score_files.save_responses(output / 'changes.csv', self.responses, self.labels)
        pictures.save_all(self.evaluation.figures, output)
        (output / 'report.json').write_text(
            json.dumps(as_json(self.evaluation), indent=2) + '\n', encoding='utf-8')
        return document.save(report.build(self.evaluation), output, 'report')


def measure(scorer: Scorer, clips: Sequence[Clip], part: str, changes: int, progress: Progress,
            notes: Sequence[str] = ()) -> Measured:
    """Score the clips.

    Args:
        scorer: of the model.
        clips: labelled.
        part: whose clips these are, for the report.
        changes: number of changes of emotion that are tried for each speaker; 0 for none.
        progress: shows how far it is.
        notes: on the data, for the report.

    Raises:
        SerError: if a clip cannot be read.
    """
    scores = list(progress.track(scorer.clips(clips), 'clips', len(clips)))
    planned = emotion_changes.plan(clips, changes)
    responses = list(progress.track(
        emotion_changes.measure(scorer, planned), 'changes of emotion', len(planned)))
    return Measured(summarise(scorer, clips, scores, responses, part, notes), clips, scores,
                    responses, scorer.labels)


def summarise(scorer: Scorer, clips: Sequence[Clip], scores: Sequence[ClipScores],
              responses: Sequence[Response], part: str,
              notes: Sequence[str]) -> report.Evaluation:
    """Return the figures of what was measured."""
    labels = scorer.labels
    names = list(dict.fromkeys(clip.corpus for clip in clips))
    speakers = {name: {clip.speaker for clip in clips if clip.corpus == name} for name in names}
    of_corpora = {name: [response for response in responses if response.change.corpus == name]
                  for name in names}
    return report.Evaluation(
        info=scorer.recognizer.info, backend=scorer.recognizer.backend, part=part,
        speakers={name: 0 if '' in people else len(people) for name, people in speakers.items()},
        figures={unit: evaluate(clips, scores, labels, unit) for unit in UNITS},
        graph={name: graph_figures(*of_corpus(clips, scores, name), labels) for name in names},
        responses={name: emotion_changes.summarise(members)
                   for name, members in of_corpora.items() if members},
        fairness={name: fairness.measure(*of_corpus(clips, scores, name), labels)
                  for name in names},
        notes=notes)


def run_robustness(scorer: Scorer, clips: Sequence[Clip], part: str, per_corpus: int, output: Path,
                   progress: Progress) -> str:
    """Score the clips under all conditions, write the report and its figures to ``output``.

    Args:
        part: whose clips these are, for the report.
        per_corpus: number of clips of each corpus, see `robustness.choose`; 0 for all.

    Returns:
        the report as Markdown.

    Raises:
        SerError: if a clip cannot be read, or this machine lacks a codec.
    """
    chosen = robustness.choose(clips, per_corpus)
    results = robustness.measure(scorer, chosen, all_conditions(), progress)
    return robustness_report.write(results, scorer.recognizer.info, part, output)
