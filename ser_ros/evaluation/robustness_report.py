# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of robustness as a table, curves and CSV."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ser_ros import plotting
from ser_ros.evaluation import document
from ser_ros.evaluation.cells import percent
from ser_ros.evaluation.conditions import CLEAN, FAMILIES
from ser_ros.evaluation.document import Block, Heading, Picture, Table, Text
from ser_ros.evaluation.robustness import Robustness
from ser_ros.inference.model_metadata import ModelInfo

COLUMNS = ['corpus', 'family', 'condition', 'strength', 'unit', 'clips', 'uar', 'uar_low',
           'uar_high', 'difference', 'difference_low', 'difference_high', 'no_speech']


def write(results: Sequence[Robustness], info: ModelInfo, part: str, folder: Path) -> str:
    """Write robustness.md, .html and .csv and a picture for each corpus to ``folder``.

    Returns:
        the Markdown.
    """
    save(results, folder / 'robustness.csv')
    for corpus in _corpora(results):
        draw([result for result in results if result.corpus == corpus],
             f'{info.name} {info.version}: {corpus}', folder / picture(corpus))
    return document.save(build(results, info, part), folder, 'robustness')


def picture(corpus: str) -> str:
    """Return the name of the picture of a corpus."""
    return f'robustness_{corpus}.png'


def save(results: Sequence[Robustness], path: Path) -> None:
    """Write a line for each corpus and condition."""
    with open(path, 'w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for result in results:
            condition = result.condition
            described = [condition.family, condition.name, '', ''] if condition is CLEAN else [
                condition.family, condition.name, f'{condition.strength:g}',
                FAMILIES[condition.family]]
            numbers = [result.uar, *result.interval, result.difference.uar,
                       *result.difference.interval, result.no_speech]
            writer.writerow([result.corpus, *described, result.clips,
                             *(f'{value:.4f}' for value in numbers)])


def build(results: Sequence[Robustness], info: ModelInfo, part: str) -> list[Block]:
    """Return the report."""
    blocks: list[Block] = [
        Heading(f'Robustness of {info.name} {info.version}, {info.precision}, {part} speakers', 1),
        Text('UAR per clip in %, with all classes of the model as possible answers. In brackets is '
             'the difference to the clean clips in points. Behind the slash is the share of clips '
             'without speech in any window.'),
        _summary(results)]
    for family in _families(results):
        blocks += [Heading(family.capitalize(), 2), _table(results, family)]
    return [*blocks, *(Picture(picture(corpus), f'{corpus}: UAR against strength')
                       for corpus in _corpora(results))]


def _corpora(results: Sequence[Robustness]) -> list[str]:
    return list(dict.fromkeys(result.corpus for result in results))


def _families(results: Sequence[Robustness]) -> list[str]:
    return [family for family in FAMILIES if _members(results, family)]


def _clean(results: Sequence[Robustness]) -> list[Robustness]:
    return [result for result in results if result.condition is CLEAN]


def _members(results: Sequence[Robustness], family: str) -> list[Robustness]:
    return [result for result in results if result.condition.family == family]


def _summary(results: Sequence[Robustness]) -> Table:
    rows = []
    for clean in _clean(results):
        own = [result for result in results if result.corpus == clean.corpus]
        means = [np.mean([result.uar for result in _members(own, family)])
                 for family in _families(results)]
        low, high = clean.interval
        rows.append([clean.corpus, str(clean.clips),
                     f'{percent(clean.uar)} ({percent(low)}..{percent(high)})',
                     *(percent(float(mean)) for mean in means)])
    return Table(['corpus', 'clips', 'clean (95 % interval)',
                  *(f'mean over {family}' for family in _families(results))], rows)


def _table(results: Sequence[Robustness], family: str) -> Table:
    rows: dict[str, list[str]] = {}
    for result in [*_clean(results), *_members(results, family)]:
        rows.setdefault(result.condition.title, []).append(_cell(result))
    return Table([FAMILIES[family], *_corpora(results)],
                 [[title, *cells] for title, cells in rows.items()])


def _cell(result: Robustness) -> str:
    if result.condition is CLEAN:
        return f'{percent(result.uar)} / {percent(result.no_speech)}'
    points = round(100 * result.difference.uar, 1) + 0.0  # no -0.0
    return f'{percent(result.uar)} ({points:+.1f}) / {percent(result.no_speech)}'


def draw(results: Sequence[Robustness], title: str, path: Path) -> None:
    """Draw a corpus' UAR against the strength, a panel for each family."""
    with plotting.figure(path, 2, 3, figsize=(13, 7.5), sharey=True) as (figure, axes):
        clean, = _clean(results)
        for panel, (family, unit) in zip(axes.flat, FAMILIES.items(), strict=True):
            panel.axhline(100 * clean.uar, color='black', linestyle='--', label='clean')
            for name, points in _curves(_members(results, family)).items():
                panel.plot(*zip(*points, strict=True), marker='o', label=name)
            panel.set(xlabel=unit, title=family, ylim=(0, 100))
            panel.grid(alpha=0.3)
            panel.legend(fontsize='small')
        for panel in axes[:, 0]:
            panel.set_ylabel('UAR [%]')
        figure.suptitle(title)


def _curves(results: Sequence[Robustness]) -> dict[str, list[tuple[float, float]]]:
    """Return UAR in percent by strength, for each condition's name."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for result in results:
        curves.setdefault(result.condition.name, []).append(
            (result.condition.strength, 100 * result.uar))
    return curves
