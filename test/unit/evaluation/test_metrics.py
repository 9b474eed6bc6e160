# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of merit against values that were worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, strategies

from ser_ros.evaluation import metrics

TRUTH = np.array([0, 0, 0, 0, 1, 1])
ANSWERS = np.array([0, 0, 0, 1, 1, 0])
COUNTS = np.array([[3, 1, 0], [1, 1, 0], [0, 0, 0]])


def test_confusion_and_what_follows_from_it():
    np.testing.assert_array_equal(metrics.confusion(TRUTH, ANSWERS, 3), COUNTS)
    np.testing.assert_array_equal(metrics.recalls(COUNTS), [0.75, 0.5, np.nan])
    assert metrics.uar(COUNTS) == 0.625
    assert metrics.accuracy(COUNTS) == pytest.approx(4 / 6)
    assert metrics.macro_f1(COUNTS) == pytest.approx((6 / 8 + 2 / 4) / 2)


def test_calibration_error():
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.3, 0.7], [0.3, 0.7]])
    truth = np.array([0, 0, 1, 0])
    assert metrics.calibration_error(probabilities, truth) == pytest.approx(
        0.5 * 0.1 + 0.5 * 0.2)
    assert metrics.calibration_error(np.array([[1., 0.]]), np.array([0])) == 0


def test_precision_and_f1():
    np.testing.assert_array_equal(metrics.precisions(COUNTS), [0.75, 0.5, np.nan])
    np.testing.assert_array_equal(metrics.f1_scores(COUNTS), [0.75, 0.5, np.nan])
    answered_only = np.array([[1, 1], [0, 0]])
    np.testing.assert_array_equal(metrics.precisions(answered_only), [1, 0])
    np.testing.assert_array_equal(metrics.f1_scores(answered_only), [2 / 3, np.nan])


def test_reliability():
    bins = metrics.reliability(np.array([0.1, 0.9, 0.9, 1.0]), np.array([1, 1, 0, 1]), bins=2)
    np.testing.assert_allclose(bins.confidence, [0.1, 2.8 / 3])
    np.testing.assert_allclose(bins.accuracy, [1, 2 / 3])
    np.testing.assert_allclose(bins.share, [0.25, 0.75])
    assert bins.calibration_error == pytest.approx(0.25 * 0.9 + 0.75 * (2.8 - 2) / 3)
    empty = metrics.reliability(np.array([0.9]), np.array([True]), bins=2)
    assert np.isnan(empty.accuracy[0]) and empty.share[0] == 0


def test_risk_against_coverage():
    coverage, risk = metrics.risk_coverage(
        np.array([0.5, 0.9, 0.7, 0.5]), np.array([True, True, False, True]))
    # The two of 0.5 are answered together.
    np.testing.assert_allclose(coverage, [0.25, 0.5, 1])
    np.testing.assert_allclose(risk, [0, 0.5, 0.25])
    assert metrics.coverage_at(0.3, coverage, risk) == 1
    assert metrics.coverage_at(0.1, coverage, risk) == 0.25
    assert metrics.coverage_at(0.1, np.array([1.]), np.array([0.5])) == 0


def test_two_models_on_the_same_draws():
    better = metrics.paired_bootstrap(TRUTH, TRUTH, ANSWERS, list('xxyyxy'), 3)
    assert better.uar == 1 - 0.625
    # x alone: no difference; y alone: 0.75.
    assert better.interval == (0, 0.75)
    assert better.below == 0
    worse = metrics.paired_bootstrap(TRUTH, ANSWERS, TRUTH, list('xxyyxy'), 3)
    assert worse.uar == -better.uar
    assert worse.below == pytest.approx(0.75, abs=0.05)


def test_intervals_of_all_figures():
    intervals = metrics.bootstrap(TRUTH, ANSWERS, list('xxyyxy'), 3)
    assert intervals['accuracy'] == (1 / 3, 1.0)
    assert set(intervals) == {'uar', 'macro_f1', 'accuracy'}


def test_bootstrap_over_speakers():
    speakers = ['x', 'x', 'y', 'y', 'x', 'y']
    low, high = metrics.bootstrap_uar(TRUTH, ANSWERS, speakers, 3)
    # x alone: recalls 1 and 1; y alone: 1/2 and 0.
    assert (low, high) == (0.25, 1.0)
    assert metrics.bootstrap_uar(TRUTH, ANSWERS, speakers, 3) == (low, high)


@given(strategies.integers(0, 1000), strategies.integers(2, 5))
def test_uar_lies_within_its_interval(seed, classes):
    generator = np.random.default_rng(seed)
    truth = np.arange(60) % classes
    answers = np.where(generator.random(60) < 0.5, truth, generator.integers(0, classes, 60))
    low, high = metrics.bootstrap_uar(truth, answers, [str(index) for index in range(60)],
                                      classes, rounds=200)
    assert low <= metrics.uar(metrics.confusion(truth, answers, classes)) <= high


@pytest.mark.parametrize('temperature', [0.5, 1., 2.])
def test_temperature_is_recovered(temperature):
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, (20000, 4))
    powers = np.exp(logits)
    shares = powers / powers.sum(axis=1, keepdims=True)
    truth = (shares.cumsum(axis=1) < generator.random((20000, 1))).sum(axis=1)
    fitted = metrics.fit_temperature(logits * temperature, truth, np.ones(20000))
    assert fitted == pytest.approx(temperature, rel=0.05)
