# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of an evaluation, as PNG files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ser_ros import plotting
from ser_ros.evaluation import metrics
from ser_ros.evaluation.figures import Figures
from ser_ros.evaluation.report import picture_name


def save_all(results: Mapping[str, Mapping[str, Mapping[str, Figures]]], folder: Path) -> None:
    """Draw all pictures that the report shows.

    Args:
        results: by unit, corpus and choice of classes.
    """
    for name, chosen in results['clips'].items():
        for choice, figures in chosen.items():
            confusion(figures.confusion, figures.labels, name,
                      folder / picture_name('confusion', name, choice))
            class_bars(figures.confusion, figures.labels, name,
                       folder / picture_name('classes', name, choice))
        reliability(chosen['all'], f'{name}, clips', folder / f'reliability_{name}.png')
    for unit, corpora in results.items():
        risk_coverage({name: chosen['all'] for name, chosen in corpora.items()}, unit,
                      folder / f'risk_coverage_{unit}.png')


def confusion(counts: np.ndarray, labels: Sequence[str], title: str, path: Path) -> None:
    """Draw a confusion matrix in percent of the truth's clips."""
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with plotting.figure(path, figsize=(5.5, 5)) as (_, axes):
        axes.imshow(shares, cmap='Blues', vmin=0, vmax=100)
        axes.set(xlabel='answer', ylabel='truth', title=title,
                 xticks=range(len(labels)), yticks=range(len(labels)), yticklabels=labels)
        axes.set_xticklabels(labels, rotation=45, ha='right')
        for row, column in np.ndindex(*shares.shape):
            axes.text(column, row, f'{shares[row, column]:.0f}', ha='center', va='center',
                      color='white' if shares[row, column] > 50 else 'black')


def class_bars(counts: np.ndarray, labels: Sequence[str], title: str, path: Path) -> None:
    """Draw recall, precision and F1 of each class in percent; a class without clips has none."""
    scores = {'recall': metrics.recalls(counts), 'precision': metrics.precisions(counts),
              'F1': metrics.f1_scores(counts)}
    places, width = np.arange(len(labels)), 0.8 / len(scores)
    with plotting.figure(path, figsize=(max(5.0, 1.2 * len(labels)), 4)) as (_, axes):
        for number, (name, values) in enumerate(scores.items()):
            axes.bar(places + (number - 1) * width, 100 * np.nan_to_num(values), width, label=name)
        axes.set(ylabel='[%]', ylim=(0, 100), title=title, xticks=places)
        axes.set_xticklabels(labels, rotation=45, ha='right')
        axes.grid(axis='y', alpha=0.3)
        axes.legend()


def reliability(figures: Figures, title: str, path: Path) -> None:
    """Draw how right answers are against how sure, with the share of the answers below."""
    bins = figures.reliability
    width = 1 / len(bins.share)
    middles = (np.arange(len(bins.share)) + 0.5) * width
    with plotting.figure(path, rows=2, figsize=(5, 6), sharex=True,
                         height_ratios=(3, 1)) as (_, (upper, lower)):
        upper.plot([0, 1], [0, 1], 'k--', linewidth=1)
        upper.bar(middles, np.nan_to_num(bins.accuracy), width, edgecolor='white')
        upper.set(ylabel='share of right answers', ylim=(0, 1), xlim=(0, 1),
                  title=f'{title}: ECE {100 * bins.calibration_error:.1f} %')
        lower.bar(middles, bins.share, width, edgecolor='white', color='gray')
        lower.set(xlabel='confidence', ylabel='share of answers')


def risk_coverage(figures: Mapping[str, Figures], unit: str, path: Path) -> None:
    """Draw, for each corpus, the error of the surest answers against how many those are."""
    with plotting.figure(path, figsize=(6, 4.5)) as (_, axes):
        for name, figures_of_corpus in figures.items():
            coverage, risk = figures_of_corpus.risk_coverage
            axes.plot(100 * coverage, 100 * risk, label=name)
        axes.set(xlabel=f'answered {unit} [%]', ylabel='wrong answers [%]',
                 xlim=(0, 100), ylim=(0, None))
        axes.grid(alpha=0.3)
        axes.legend()
