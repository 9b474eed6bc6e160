# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Means and weights over the windows of clips."""

import numpy as np
import pytest

from ser_ros.evaluation.clip_windows import clip_means, equal_weights

# Clips of two, one and three windows; the first two are of one group.
CLIPS = np.array([0, 0, 1, 2, 2, 2])
GROUPS = np.array(['north', 'north', 'north', 'south', 'south', 'south'])


def test_the_mean_of_each_clip():
    values = np.array([[0.2, 0.8], [0.4, 0.6], [1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])
    np.testing.assert_allclose(clip_means(values, CLIPS, 3), [[0.3, 0.7], [1.0, 0.0], [0.5, 0.5]])


def test_every_group_counts_as_much():
    groups = np.array(['north', 'south', 'south', 'south'])
    np.testing.assert_allclose(equal_weights(groups), [1 / 2, 1 / 6, 1 / 6, 1 / 6])


def test_and_in_it_every_clip():
    weights = equal_weights(GROUPS, CLIPS)
    assert weights.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(weights, [1 / 8, 1 / 8, 1 / 4, 1 / 6, 1 / 6, 1 / 6])
