# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training draws from the clips and from degraded copies of them, if told to."""

import re

import pytest

from ser_ros.corpora.labelled_clips import load_part
from ser_ros.errors import SerError
from ser_ros.progress import Progress
from ser_ros.training.config import load
from ser_ros.training.fit import build


def write(path, config_path, variants):
    path.write_text(re.sub(
        'batch: 8', f'batch: 8, wave_variants: {variants}', config_path.read_text()))
    return path


def test_what_is_trained_on_are_the_clips_and_their_copies(tmp_path, config_path, corpora):
    config = load(str(write(tmp_path / 'copies.yaml', config_path, 2)))
    clips = load_part(config, corpora, 'train')
    material = build._load(config, corpora, clips, tmp_path / 'cache', 1, Progress())
    assert material.clips == clips * 3
    for index in range(len(clips)):
        columns = {material.columns[copy * len(clips) + index][0].tobytes() for copy in range(3)}
        assert len(columns) == 3
    # What is measured on stays as it is.
    speakers = {clip.speaker for clip in material.validation.clips}
    assert speakers == {'c', 'l'}
    assert len(set(material.validation.clips)) == len(material.validation.clips)


def test_their_number_cannot_be_negative(tmp_path, config_path):
    config = write(tmp_path / 'wrong.yaml', config_path, -1)
    with pytest.raises(SerError, match='wave_variants is -1; allowed: a whole number of'):
        load(str(config))
