# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Columns of clips and of their degraded copies come from the cache, or into it."""

import numpy as np
import pytest

from ser_ros.corpora.labelled_clips import read_samples
from ser_ros.degrade import chain
from ser_ros.features.registry import create_extractor
from ser_ros.progress import Progress
from ser_ros.training.fit import cache
from ser_ros.training.fit.copies import Copies

FEATURE_SET = 'efficientat_mel/1'


def load(paths, folder, copies):
    return cache.load_columns(
        paths, create_extractor(FEATURE_SET), folder, 1, Progress(), Copies(copies))


@pytest.fixture(scope='module')
def paths(corpora):
    return sorted((corpora / 'south').glob('k_*.wav'))[:2]


@pytest.fixture(scope='module')
def filled(paths, tmp_path_factory):
    """Folder with the columns of two clips and of two copies of each, and what was returned."""
    folder = tmp_path_factory.mktemp('cache')
    return folder, load(paths, folder, 2)


def test_the_clips_come_first_then_their_copies(paths, filled):
    _, columns = filled
    extractor = create_extractor(FEATURE_SET)
    assert len(columns) == 6
    for index, path in enumerate(paths):
        samples = read_samples(path, extractor.min_samples)
        np.testing.assert_array_equal(columns[index][0], extractor.columns(samples)[0])
        for copy in 1, 2:
            degraded = chain.degraded_copy(samples, path, copy)
            np.testing.assert_array_equal(
                columns[2 * copy + index][0], extractor.columns(degraded)[0])


def test_nothing_is_computed_twice(paths, filled, monkeypatch):
    folder, columns = filled
    monkeypatch.setattr(cache, '_compute', None)
    for copies in 0, 1, 2:
        again = load(paths, folder, copies)
        assert len(again) == 2 * (1 + copies)
        for ours, theirs in zip(again, columns):
            np.testing.assert_array_equal(ours[0], theirs[0])


def test_copies_are_made_again_when_their_code_changes(paths, filled, tmp_path, monkeypatch):
    folder, columns = filled
    (tmp_path / 'cache').symlink_to(folder)
    before = {path.name for path in folder.iterdir()}
    monkeypatch.setattr(chain, 'fingerprint', lambda: 'other code')
    load(paths, tmp_path / 'cache', 1)
    assert len({path.name for path in folder.iterdir()} - before) == 2
