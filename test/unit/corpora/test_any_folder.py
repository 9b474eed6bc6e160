# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A configuration that suits any folder: its corpora, speakers and labels come from the data."""

from pathlib import Path

import pytest

from ser_ros.corpora.any_folder import fill_in
from ser_ros.errors import SerError

VALUES = {'name': 'tiny', 'corpora': {'*': '60/20/20'}, 'labels': ['*']}


@pytest.fixture
def root(tmp_path):
    """Two corpora with lists of their clips, one of which names no speakers."""
    write_list(tmp_path / 'north', ('anger', 'Dry', 'calm'), 'abcde', ',speaker')
    write_list(tmp_path / 'south', ('happy', 'sad'), ('spk1', 'spk2', 'spk3', 'spk4'), '')
    return tmp_path


def write_list(folder, emotions, speakers, column):
    folder.mkdir()
    lines = [f'file_path,emotion{column}']
    for emotion in emotions:
        for speaker in speakers:
            for take in '1234':
                name = f'{speaker}_{emotion}_{take}.wav'
                (folder / name).touch()
                lines.append(f'{name},{emotion}' + (f',{speaker}' if column else ''))
    (folder / 'metadata.csv').write_text('\n'.join(lines))


def test_all_corpora_are_found_and_their_speakers_dealt_out(root):
    filled = fill_in(VALUES, root)
    assert set(filled['corpora']) == {'north', 'south'}
    for name, speakers in (('north', set('abcde')), ('south', {'spk1', 'spk2', 'spk3', 'spk4'})):
        parts = filled['corpora'][name]
        dealt = [speaker for part in parts.values() for speaker in part]
        assert len(dealt) == len(set(dealt)) and set(dealt) == speakers
        assert set(parts) == {'train', 'validation', 'test'}
    assert filled == fill_in(VALUES, root)
    assert filled['name'] == 'tiny'


def test_all_emotions_are_labels(root):
    labels = fill_in(VALUES, root)['labels']
    assert {'anger', 'dry', 'happiness', 'sadness'} <= set(labels)
    fewer = fill_in({**VALUES, 'merge': {'Dry': 'anger'}, 'drop': ['SAD']}, root)['labels']
    assert set(labels) - set(fewer) == {'dry', 'sadness'}


def test_a_corpus_itself_is_a_folder_too(root, monkeypatch):
    monkeypatch.chdir(root / 'north')
    assert set(fill_in(VALUES, Path('.'))['corpora']) == {'north'}


def test_what_is_given_stays(root):
    values = {**VALUES, 'labels': ['anger', 'dry']}
    assert fill_in(values, root)['labels'] == ['anger', 'dry']
    values['corpora'] = {'north': {'train': ['a']}}
    assert fill_in(values, root) is values
    assert fill_in('nonsense', root) == 'nonsense'


@pytest.mark.parametrize('shares, reason', [
    ({'train': ['a']}, '60/20/20'), ('60/60', 'add up to 100'), (60, '60/20/20')])
def test_what_is_not_a_share(root, shares, reason):
    with pytest.raises(SerError, match=reason):
        fill_in({**VALUES, 'corpora': {'*': shares}}, root)


def test_unknown_speakers(tmp_path):
    for name in 'anger/x.wav', 'fear/y.wav':
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    with pytest.raises(SerError, match='the speakers of clips are not known'):
        fill_in(VALUES, tmp_path)
