# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of an evaluation as a report of tables and pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ser_ros.evaluation import metrics, report_fairness
from ser_ros.evaluation.cells import counted, percent, seconds
from ser_ros.evaluation.document import Block, Heading, Picture, Table, Text
from ser_ros.evaluation.emotion_changes import AFTER_S, BEFORE_S, ResponseFigures
from ser_ros.evaluation.fairness import Fairness
from ser_ros.evaluation.figures import Figures, GraphFigures
from ser_ros.inference.model_metadata import ModelInfo

CHOICES = {
    'all': 'all classes of the model',
    'corpus': 'the classes of the corpus',
    'main': 'the 4 main classes',
}
# Of each choice of classes, with what it shows.
PICTURES = {'confusion': 'answers in % of the true label',
            'classes': 'recall, precision and F1 of each class'}
RISKS = (0.1, 0.2, 0.3)


@dataclass(frozen=True)
class Evaluation:
    """Everything that was found out about a model.

    Attributes:
        info, backend: of the model file, and what ran it.
        part: whose clips, 'test', 'validation' or 'all' speakers.
        speakers: number of them by corpus; 0 where they are unknown.
        figures: by unit ('clips', 'windows'), corpus and choice of classes.
        graph: what the graph says of the windows, by corpus.
        responses: to changes of emotion, by corpus; empty if they were not measured.
        fairness: to low and high voices, women and men, by corpus.
        notes: on the data, such as where the speakers come from, a sentence each.
    """

    info: ModelInfo
    backend: str
    part: str
    speakers: Mapping[str, int]
    figures: Mapping[str, Mapping[str, Mapping[str, Figures]]]
    graph: Mapping[str, GraphFigures]
    responses: Mapping[str, ResponseFigures]
    fairness: Mapping[str, Fairness]
    notes: Sequence[str]


def build(evaluation: Evaluation) -> list[Block]:
    """Return the report; its pictures are those of `ser_ros.evaluation.pictures.save_all`."""
    info = evaluation.info
    blocks: list[Block] = [
        Heading(f'{info.name} {info.version}, {info.precision} on {evaluation.backend}, '
                f'{evaluation.part} speakers', 1),
        Text(f'Feature set {info.feature_set}. All figures are in %, with 95 % intervals by '
             'bootstrap over speakers. They are over clips if the speakers are unknown or there is '
             'only one; they then say nothing about other speakers.'),
        *map(Text, evaluation.notes),
        Heading('Per clip', 2),
        Text('The score of a clip is the mean of the probabilities of its windows with speech. '
             'There is a window every 0.5 s. Clips without speech count with all their windows '
             f'({_silent(evaluation)}).'),
        _summary(evaluation, 'clips'),
        Heading('Per window', 2),
        Text('Every window with speech counts as one answer. Its true label is that of the clip. '
             'Clips without speech do not count.'),
        _summary(evaluation, 'windows')]
    blocks += _abstaining(evaluation)
    blocks += _naming(evaluation)
    blocks += report_fairness.build(evaluation.fairness)
    blocks += _streaming(evaluation)
    for name, chosen in evaluation.figures['clips'].items():
        blocks += _corpus(name, chosen)
    return blocks


def _summary(evaluation: Evaluation, unit: str) -> Table:
    rows = []
    for name, chosen in evaluation.figures[unit].items():
        speakers = evaluation.speakers[name] or 'unknown'
        for choice, figures in chosen.items():
            rows.append([
                name, CHOICES[choice], f'{figures.confusion.sum()}, {speakers}',
                *(_with_interval(figures, key) for key in ('uar', 'macro_f1', 'accuracy')),
                figures.resampled, percent(figures.reliability.calibration_error)])
    return Table(['corpus', 'may be answered', f'{unit}, speakers', 'UAR', 'macro F1', 'accuracy',
                  'intervals over', 'ECE'], rows)


def _with_interval(figures: Figures, name: str) -> str:
    low, high = figures.intervals[name]
    return f'{percent(getattr(figures, name))} ({percent(low)}..{percent(high)})'


def _silent(evaluation: Evaluation) -> str:
    return ', '.join(
        f'{name}: {graph.silent_clips}' for name, graph in evaluation.graph.items())


def _abstaining(evaluation: Evaluation) -> list[Block]:
    rows, stated = [], evaluation.info.answer_accuracy
    for name, graph in evaluation.graph.items():
        coverage, risk = evaluation.figures['windows'][name]['all'].risk_coverage
        rows.append([name, *(percent(metrics.coverage_at(limit, coverage, risk))
                             for limit in RISKS),
                     str(graph.windows), percent(graph.no_speech), percent(graph.uncertain),
                     percent(1 - graph.no_speech - graph.uncertain), percent(graph.right),
                     '' if stated is None else percent(stated)])
    header = ['corpus', *(f'answered at {100 * limit:.0f} % error' for limit in RISKS),
              'windows of the graph', 'NO_SPEECH', 'UNCERTAIN', 'EMOTION', 'right of these',
              'stated']
    return [
        Heading('Knowing when not to answer', 2),
        Text('"Answered at 20 % error" is the share of the windows with speech that can be '
             'answered, most confident first, until 20 % of the answers are wrong. The next '
             'columns are the states of the graph with the settings of config/ser.yaml and a '
             f'min_confidence of {evaluation.info.min_confidence:.2f}, smoothed within each clip. '
             '"Stated" is the share of right answers that the model file states for its '
             'validation speakers.'),
        Table(header, rows),
        *(Picture(f'risk_coverage_{unit}.png', f'Risk against coverage, {unit}')
          for unit in evaluation.figures)]


def _naming(evaluation: Evaluation) -> list[Block]:
    rows = [[corpus, label, counted(named.precision, named.right, named.windows),
             counted(named.recall, named.right, named.spoken)]
            for corpus, graph in evaluation.graph.items()
            for label, named in graph.named.items() if named.windows or named.spoken]
    return [
        Heading('Emotions that the graph names', 2),
        Text('Precision: of the windows in which the graph names the emotion, the share that is '
             'right. Recall: of the windows with speech in clips of the emotion, the share in '
             'which it is named. Precision depends on how often each emotion occurs in a corpus.'),
        Table(['corpus', 'emotion', 'precision', 'recall'], rows)]


def _streaming(evaluation: Evaluation) -> list[Block]:
    if not evaluation.responses:
        return []
    rows = [[name, str(response.changes), percent(response.named_before),
             percent(response.followed), seconds(response.median_s), seconds(response.slow_s),
             seconds(response.left_median_s)]
            for name, response in evaluation.responses.items()]
    return [
        Heading('Changes of emotion', 2),
        Text(f'Two clips of one speaker with different emotions are trimmed and joined: '
             f'{BEFORE_S:g} s of the first, then {AFTER_S:g} s of the second. The tracker of the '
             'graph follows them with the settings of config/ser.yaml. The table counts how often '
             'and when the new emotion is named, if the label was right before the change.'),
        Table(['corpus', 'changes', 'right before', 'followed of these', 'median delay [s]',
               '90th percentile [s]', 'median until the old label ends [s]'], rows)]


def picture_name(kind: str, corpus: str, choice: str) -> str:
    """Return the file of a picture of a choice of classes.

    Args:
        kind: 'confusion' or 'classes', the bars of each class.
        corpus: whose clips.
        choice: of classes.
    """
    return f'{kind}_{corpus}.png' if choice == 'all' else f'{kind}_{corpus}_{choice}.png'


def _corpus(name: str, chosen: Mapping[str, Figures]) -> list[Block]:
    blocks: list[Block] = [Heading(f'{name}: clips by true label (rows) and answer (columns)', 2)]
    for choice, figures in chosen.items():
        blocks += [Heading(f'{name}, {CHOICES[choice]}', 3), _confusion(figures)]
    blocks += [Picture(picture_name(kind, name, choice), f'{name}, {CHOICES[choice]}: {caption}')
               for choice in chosen for kind, caption in PICTURES.items()]
    return [*blocks, Picture(f'reliability_{name}.png', f'{name}: reliability diagram')]


def _confusion(figures: Figures) -> Table:
    rows = []
    scores = zip(metrics.recalls(figures.confusion), metrics.precisions(figures.confusion),
                 metrics.f1_scores(figures.confusion), strict=True)
    for label, row, values in zip(figures.labels, figures.confusion, scores, strict=True):
        if row.sum():
            rows.append([label, *(str(count) for count in row), *map(percent, values)])
    return Table(['', *figures.labels, 'recall', 'precision', 'F1'], rows)
