# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trainings that differ by their seed alone: what they gave, and the best of them."""

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ser_ros.training.fit.run import Result


def best(results: Sequence[Result]) -> Result:
    """Return the one with the best mean UAR on validation speakers, the first one of equals."""
    return max(results, key=lambda result: result.figures['fp32']['mean'])


def table(results: Sequence[Result]) -> list[dict[str, str | int | float]]:
    """Return a row for each seed, of the FP32 files, then mean and standard deviation.

    UAR is from 0 to 1. The standard deviation is that of a sample, over n - 1.
    """
    names = list(results[0].figures['fp32'])
    rows: list[dict[str, str | int | float]] = [
        {'seed': result.seed, 'epoch': ' '.join(map(str, result.epochs)),
         **{f'uar_{name}': result.figures['fp32'][name] for name in names}} for result in results]
    values = np.array([[result.figures['fp32'][name] for name in names] for result in results])
    for title, figures in ('mean', values.mean(axis=0)), ('std', values.std(axis=0, ddof=1)):
        rows.append({'seed': title, 'epoch': '', **{
            f'uar_{name}': round(float(figure), 4)
            for name, figure in zip(names, figures, strict=True)}})
    return rows


def write(results: Sequence[Result], name: str, output: Path) -> None:
    """Write the table as ``output/seeds.csv``, and the best one's model to ``output/NAME``."""
    rows = table(results)
    with open(output / 'seeds.csv', 'w', newline='', encoding='utf-8') as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    _replace(best(results).folder / name, output / name)


def _replace(source: Path, target: Path) -> None:
    """Copy a folder to where another one may be."""
    partial = target.with_name('.' + target.name)
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(source, partial)
    if target.exists():
        shutil.rmtree(target)
    partial.rename(target)
