# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The steps of ``ser_ros evaluate``, from labelled clips to the files of the report."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Optional

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.evaluation import (
    document,
    emotion_changes,
    pictures,
    report,
    robustness,
    robustness_report,
    score_files,
)
from ser_ros.evaluation.conditions import all_conditions
from ser_ros.evaluation.emotion_changes import Response
from ser_ros.evaluation.figures import (
    UNITS,
    differences,
    evaluate,
    graph_figures,
    of_corpus,
)
from ser_ros.evaluation.report_values import as_json
from ser_ros.evaluation.scoring import ClipScores, Scorer
from ser_ros.progress import Progress

WINDOWS = 'windows.csv'


def run(scorer: Scorer, clips: Sequence[Clip], part: str, changes: int, output: Path,
        progress: Progress, against: Optional[Path] = None) -> str:
    """
    Score the clips, write the report and what is behind it to ``output``.

    :param part: whose clips these are, for the report.
    :param changes: number of changes of emotion for each speaker; 0: none.
    :param against: folder of another model's evaluation on the same clips, to compare with.
    :return: the report as Markdown.
    :raises SerError: if a clip or the other evaluation cannot be read.
    """
    labels = scorer.labels
    others = None if against is None else score_files.load_windows(
        against / WINDOWS, clips, labels)
    scores = list(progress.track(scorer.clips(clips), 'clips', len(clips)))
    planned = emotion_changes.plan(clips, changes)
    responses = list(progress.track(
        emotion_changes.measure(scorer, planned), 'changes of emotion', len(planned)))
    evaluation = summarise(scorer, clips, scores, responses, part)
    if against is not None and others is not None:
        evaluation = replace(evaluation, other=str(against),
                             differences=differences(clips, scores, others, labels))
    score_files.save_clips(output / 'scores.csv', clips, scores, labels)
    score_files.save_windows(output / WINDOWS, clips, scores, labels)
    if responses:
        score_files.save_responses(output / 'changes.csv', responses, labels)
    pictures.save_all(evaluation.figures, output)
    return _write(evaluation, output)


def summarise(scorer: Scorer, clips: Sequence[Clip], scores: Sequence[ClipScores],
              responses: Sequence[Response], part: str) -> report.Evaluation:
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
                   for name, members in of_corpora.items() if members})


def run_robustness(scorer: Scorer, clips: Sequence[Clip], part: str, per_corpus: int, output: Path,
                   progress: Progress) -> str:
    """
    Score the clips under all conditions, write the report and its figures to ``output``.

    :param part: whose clips these are, for the report.
    :param per_corpus: number of clips of each corpus, see `robustness.choose`; 0 for all.
    :return: the report as Markdown.
    :raises SerError: if a clip cannot be read, or this machine lacks a codec.
    """
    chosen = robustness.choose(clips, per_corpus)
    results = robustness.measure(scorer, chosen, all_conditions(), progress)
    return robustness_report.write(results, scorer.recognizer.info, part, output)


def _write(evaluation: report.Evaluation, output: Path) -> str:
    blocks = report.build(evaluation)
    text = document.to_markdown(blocks)
    (output / 'report.md').write_text(text, encoding='utf-8')
    (output / 'report.html').write_text(document.to_html(blocks, output), encoding='utf-8')
    (output / 'report.json').write_text(
        json.dumps(as_json(evaluation), indent=2) + '\n', encoding='utf-8')
    return text
