# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of an evaluation as Markdown and JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from ser_ros.inference.model_file import ModelInfo
from ser_ros.training import metrics
from ser_ros.training.data import Clip
from ser_ros.training.evaluate import Figures

Results = Mapping[str, Mapping[str, Figures]]
CHOICES = {
    'all': 'all classes of the model',
    'corpus': 'the classes of the corpus',
    'main': 'the 4 main classes',
}


def markdown(info: ModelInfo, backend: str, part: str, clips: Sequence[Clip],
             results: Results) -> str:
    """Return the report as Markdown: a table of all figures, then recall and confusion."""
    lines = [f'# {info.name} {info.version}, {info.precision} on {backend}, {part} speakers', '']
    lines += ["A clip is scored with the mean of its windows' probabilities, a window every "
              '0.5 s. All figures in %.', '']
    lines += _summary(clips, results)
    for name, choices in results.items():
        figures = choices['all']
        lines += ['', f'## {name}: truth by row, answer by column [clips]', '']
        lines += _confusion(figures)
    return '\n'.join(lines) + '\n'


def _summary(clips: Sequence[Clip], results: Results) -> list[str]:
    lines = ['| corpus | may be answered | clips, speakers | UAR | 95 % interval, over '
             '| macro F1 | accuracy | ECE |', '|' + '---|' * 8]
    for name, choices in results.items():
        speakers = len({clip.speaker for clip in clips if clip.corpus == name})
        for choice, figures in choices.items():
            low, high = figures.interval
            lines.append(
                f'| {name} | {CHOICES[choice]} | {figures.confusion.sum()}, {speakers} '
                f'| {100 * figures.uar:.1f} | {100 * low:.1f}..{100 * high:.1f}, '
                f'{figures.resampled} | {100 * metrics.macro_f1(figures.confusion):.1f} '
                f'| {100 * metrics.accuracy(figures.confusion):.1f} '
                f'| {100 * figures.calibration_error:.1f} |')
    return lines


def _confusion(figures: Figures) -> list[str]:
    lines = ['| | ' + ' | '.join(figures.labels) + ' | recall % |',
             '|' + '---|' * (len(figures.labels) + 2)]
    shares = metrics.recalls(figures.confusion)
    for label, row, share in zip(figures.labels, figures.confusion, shares, strict=True):
        if row.sum():
            counts = ' | '.join(str(count) for count in row)
            lines.append(f'| **{label}** | {counts} | {100 * share:.0f} |')
    return lines


def as_json(info: ModelInfo, backend: str, part: str, results: Results) -> dict[str, Any]:
    """Return the same figures as plain values, shares in [0, 1]."""
    return {
        'model': info.name, 'version': info.version, 'sha256': info.sha256,
        'precision': info.precision, 'backend': backend, 'speakers': part,
        'corpora': {name: {choice: _values(figures) for choice, figures in choices.items()}
                    for name, choices in results.items()}}


def _values(figures: Figures) -> dict[str, Any]:
    shares = metrics.recalls(figures.confusion)
    present = figures.confusion.sum(axis=1) > 0
    return {
        'uar': figures.uar, 'uar_interval_95': list(figures.interval),
        'interval_over': figures.resampled, 'macro_f1': metrics.macro_f1(figures.confusion),
        'accuracy': metrics.accuracy(figures.confusion), 'ece': figures.calibration_error,
        'recall': {label: float(share) for label, share, has_clips in zip(
            figures.labels, shares, present, strict=True) if has_clips},
        'labels': list(figures.labels), 'confusion': figures.confusion.tolist()}
