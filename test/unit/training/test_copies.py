# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Copies of several kinds: which is which, and who talks behind a speaker."""

from pathlib import Path

import numpy as np
import pytest

from ser_ros.corpora.labelled_clips import Clip, load_part, read_samples
from ser_ros.degrade import chain
from ser_ros.errors import SerError
from ser_ros.features.registry import create_extractor
from ser_ros.progress import Progress
from ser_ros.training.config import load
from ser_ros.training.fit import cache
from ser_ros.training.fit.copies import DRAWN, VOICES_PER_CORPUS, Copies, Talkers


def clip(corpus, speaker, name):
    return Clip(corpus, Path(f'/{corpus}/{speaker}_{name}.wav'), speaker, 0)


@pytest.fixture(scope='module')
def clips():
    return [clip(corpus, speaker, number) for corpus in ('north', 'south')
            for speaker in 'abc' for number in range(200)]


def test_others_talk_behind_a_speaker_from_all_corpora(clips):
    talkers = Talkers(clips)
    voices = set()
    for one in clips[::50]:
        behind = talkers.behind(one, 1)
        assert len(behind) == DRAWN
        assert {path.parts[1] for path in behind} == {'north', 'south'}
        assert not any(path.parts[1:] and path.name.startswith(one.speaker)
                       and path.parts[1] == one.corpus for path in behind)
        assert behind == talkers.behind(one, 1) != talkers.behind(one, 2)
        voices.update(behind)
    assert len(voices) > 20


def test_only_some_clips_lend_their_voices(clips):
    talkers = Talkers(clips)
    voices = {path for one in clips for path in talkers.behind(one, 1)}
    assert len(voices) <= 2 * VOICES_PER_CORPUS < len(clips)


def test_nobody_talks_behind_the_only_speaker():
    assert Talkers([clip('north', 'a', number) for number in range(3)]).behind(
        clip('north', 'a', 0), 1) == ()
    # Where speakers are not known, at least it is another clip.
    unknown = [clip('north', '', number) for number in range(2)]
    assert set(Talkers(unknown).behind(unknown[0], 1)) == {unknown[1].path}


def test_kinds_start_again_after_the_last_one():
    copies = Copies(5, ('talkers', 'rooms'))
    assert [copies.kind(copy) for copy in range(1, 6)] == [
        'talkers', 'rooms', 'talkers', 'rooms', 'talkers']


def test_the_columns_are_those_of_the_copies(config_path, corpora, tmp_path):
    clips = load_part(load(str(config_path)), corpora, 'train')[:4]
    extractor = create_extractor('efficientat_mel/1')
    copies = Copies(3, ('any', 'talkers', 'rooms'), clips)
    columns = cache.load_columns(
        [one.path for one in clips], extractor, tmp_path, 1, Progress(), copies)
    for index, one in enumerate(clips):
        samples = read_samples(one.path, extractor.min_samples)
        behind = [read_samples(path) for path in copies.talkers().behind(one, 2)]
        for copy, kind, talkers in ((1, 'any', ()), (2, 'talkers', behind), (3, 'rooms', ())):
            expected = chain.degraded_copy(samples, one.path, copy, kind, talkers)
            np.testing.assert_array_equal(
                columns[copy * len(clips) + index][0], extractor.columns(expected)[0])


def test_the_configuration_names_the_kinds(config_path, tmp_path):
    path = tmp_path / 'kinds.yaml'
    text = config_path.read_text()
    path.write_text(text.replace('batch: 8', 'batch: 8, variant_kinds: [talkers, any]'))
    assert load(str(path)).training.variant_kinds == ['talkers', 'any']
    for wrong, message in (('[noise]', "'noise'; allowed: one of any, talkers, rooms"),
                           ('[]', 'variant_kinds is .*; allowed: a list of one or more items')):
        path.write_text(text.replace('batch: 8', f'batch: 8, variant_kinds: {wrong}'))
        with pytest.raises(SerError, match=message):
            load(str(path))
