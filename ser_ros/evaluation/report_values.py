# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of an evaluation as plain values for JSON; shares in [0, 1], None for no value."""

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Optional

import numpy as np

from ser_ros.evaluation import fairness, metrics
from ser_ros.evaluation.figures import Figures, GraphFigures
from ser_ros.evaluation.report import RISKS, Evaluation


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return everything that was found out; ``corpora`` holds the figures per clip."""
    info = evaluation.info
    return {
        'model': info.name, 'version': info.version, 'sha256': info.sha256,
        'precision': info.precision, 'backend': evaluation.backend, 'feature_set': info.feature_set,
        'speakers': evaluation.part, 'min_confidence': info.min_confidence,
        'stated_accuracy': info.answer_accuracy,
        'corpora': _unit(evaluation, 'clips'), 'windows': _unit(evaluation, 'windows'),
        'graph': {name: _graph(values) for name, values in evaluation.graph.items()},
        'changes': {name: _plain(asdict(values)) for name, values in evaluation.responses.items()},
        'fairness': fairness.as_json(evaluation.fairness), 'notes': list(evaluation.notes)}


def _unit(evaluation: Evaluation, unit: str) -> dict[str, dict[str, Any]]:
    return {name: {choice: figure_values(figures) for choice, figures in chosen.items()}
            for name, chosen in evaluation.figures[unit].items()}


def _graph(values: GraphFigures) -> dict[str, Any]:
    named = {label: {**asdict(found), 'precision': _number(found.precision),
                     'recall': _number(found.recall)} for label, found in values.named.items()}
    return {**_plain(asdict(values)), 'named': named}


def figure_values(figures: Figures) -> dict[str, Any]:
    """Return one set of figures."""
    coverage, risk = figures.risk_coverage
    counts = figures.confusion
    return {
        'uar': figures.uar, 'uar_interval_95': list(figures.intervals['uar']),
        'interval_over': figures.resampled,
        'macro_f1': figures.macro_f1, 'macro_f1_interval_95': list(figures.intervals['macro_f1']),
        'accuracy': figures.accuracy, 'accuracy_interval_95': list(figures.intervals['accuracy']),
        'ece': figures.reliability.calibration_error,
        'coverage_at_risk': {f'{limit:g}': metrics.coverage_at(limit, coverage, risk)
                             for limit in RISKS},
        'recall': _by_label(figures, metrics.recalls(counts)),
        'precision': _by_label(figures, metrics.precisions(counts)),
        'f1': _by_label(figures, metrics.f1_scores(counts)),
        'labels': list(figures.labels), 'confusion': counts.tolist()}


def _by_label(figures: Figures, values: Iterable[float]) -> dict[str, Optional[float]]:
    present = figures.confusion.sum(axis=1) > 0
    return {label: _number(value)
            for label, value, has_clips in zip(figures.labels, values, present, strict=True)
            if has_clips}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _number(value) for name, value in values.items()}


def _number(value: Any) -> Any:
    if isinstance(value, (float, np.floating)):
        return None if math.isnan(value) else float(value)
    return value
