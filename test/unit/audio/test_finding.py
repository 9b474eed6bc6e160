# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Audio files in folders."""

import os

import pytest

from ser_ros.audio.finding import find_audio_files
from ser_ros.errors import SerError


@pytest.fixture
def folder(tmp_path):
    for name in ('b.wav', 'a.FLAC', 'notes.txt', '._b.wav', 'z/c.mp3', 'y/d.wav'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b'')
    return tmp_path


def test_all_in_order_without_hidden_ones(folder):
    found = find_audio_files(str(folder), pytest.fail)
    assert [os.path.relpath(path, str(folder)) for path in found] == [
        'a.FLAC', 'b.wav', os.path.join('y', 'd.wav'), os.path.join('z', 'c.mp3')]


def test_a_folder_that_cannot_be_read_does_not_end_it(folder, monkeypatch):
    real_scandir = os.scandir

    def scandir(path):
        if str(path).endswith('y'):
            raise PermissionError(13, 'Permission denied', path)
        return real_scandir(path)

    monkeypatch.setattr(os, 'scandir', scandir)
    reasons = []
    assert len(find_audio_files(str(folder), reasons.append)) == 3
    assert reasons == [f'cannot read the folder {folder / "y"}: Permission denied']


@pytest.mark.parametrize('name', ['empty', 'absent'])
def test_no_audio_at_all(tmp_path, name):
    (tmp_path / 'empty').mkdir()
    reasons = []
    with pytest.raises(SerError, match=r'no audio files \(.wav .*\) in .*' + name):
        find_audio_files(str(tmp_path / name), reasons.append)
    assert len(reasons) == (name == 'absent')


def test_links_to_folders_are_followed(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp('other')
    (other / 'e.wav').write_bytes(b'')
    (folder / 'linked').symlink_to(other)
    (folder / 'loop').symlink_to('.')
    found = find_audio_files(str(folder), pytest.fail)
    assert os.path.join(str(folder), 'linked', 'e.wav') in found and len(found) == 5


def test_what_is_left_out_is_named(folder):
    (folder / 'gone').symlink_to('nowhere')
    (folder / '.hidden.wav').write_bytes(b'')
    reasons = []
    assert len(find_audio_files(str(folder), reasons.append)) == 4
    assert len(reasons) == 2
    assert 'gone is a link to nowhere' in reasons[0] and '.hidden.wav is hidden' in reasons[1]


@pytest.mark.parametrize('name', ['a.amr', 'a.3gp', 'a.mkv', 'a.W64', 'a.mov', 'a.m4b'])
def test_endings_of_phones_and_cameras(tmp_path, name):
    (tmp_path / name).write_bytes(b'')
    assert [os.path.basename(path) for path in find_audio_files(str(tmp_path), pytest.fail)] == [
        name]
