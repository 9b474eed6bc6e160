# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ser_ros train draws from the clips and from degraded copies of them, if told to."""

import re

import pytest

from ser_ros.cli.main import main
from ser_ros.errors import SerError
from ser_ros.training import build
from ser_ros.training.config import load


def write(path, config_path, variants):
    text = config_path.read_text().replace('epochs: 2', 'epochs: 1')
    path.write_text(re.sub('batch: 8', f'batch: 8, wave_variants: {variants}', text))
    return path


def test_training_draws_from_the_clips_and_their_copies(
        tmp_path, config_path, corpora, monkeypatch):
    drawn = {}

    class Recorded(build.BalancedWindows):
        def __init__(self, clips, columns, *others):
            drawn.update(clips=clips, columns=columns)
            super().__init__(clips, columns, *others)

    monkeypatch.setattr(build, 'BalancedWindows', Recorded)
    monkeypatch.setattr(build, 'fit', lambda *_: None)
    monkeypatch.setattr(build, 'store', lambda *_: {})
    config = write(tmp_path / 'copies.yaml', config_path, 2)
    assert main(['train', str(config), '--data', str(corpora), '--output', str(tmp_path / 'runs'),
                 '--threads', '1']) == 0
    clips, columns = drawn['clips'], drawn['columns']
    assert len(clips) == len(columns) == 3 * (7 * 2 + 3)
    originals = len(clips) // 3
    for index in range(originals):
        copies = [index, index + originals, index + 2 * originals]
        assert len({clips[copy] for copy in copies}) == 1
        assert len({columns[copy][0].tobytes() for copy in copies}) == 3


def test_their_number_cannot_be_negative(tmp_path, config_path):
    config = write(tmp_path / 'wrong.yaml', config_path, -1)
    with pytest.raises(SerError, match='wave_variants must not be below 0, got -1'):
        load(str(config))
