# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Nothing of a corpus is left out without a word: links, unlisted files, empty rows, odd files."""

import json

import pytest
from odd_audio import RATE_HZ, pcm16, sound, wav, write

from ser_ros import corpora
from ser_ros.cli.main import main
from ser_ros.corpora.clip_check import leave_out_unreadable
from ser_ros.progress import Progress


@pytest.fixture
def classes(tmp_path):
    """A folder of one emotion, and another one elsewhere."""
    for number, name in enumerate(['c/sad/a.wav', 'c/sad/b.wav', 'elsewhere/happy/d.wav']):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path / name, sound(1 + 0.5 * number))
    return tmp_path


def check(capsys, folder):
    code = main(['data', 'check', '--json', '--threads', '1', str(folder)])
    return code, json.loads(capsys.readouterr().out)[0]


def test_a_folder_that_is_a_link(classes, capsys):
    (classes / 'c' / 'happy').symlink_to(classes / 'elsewhere' / 'happy')
    code, found = check(capsys, classes / 'c')
    assert (code, found['clips']) == (0, 3)
    assert found['counts'] == {'unknown': {'happiness': 1, 'sadness': 2}}


def test_a_link_to_nothing(classes, capsys):
    (classes / 'c' / 'happy').symlink_to(classes / 'gone')
    code, found = check(capsys, classes / 'c')
    assert (code, found['clips'], found['sound']) == (1, 2, False)
    assert main(['data', 'check', '--threads', '1', str(classes / 'c')]) == 1
    assert 'happy is a link to' in capsys.readouterr().out


def test_a_loop_of_links(classes, capsys):
    (classes / 'c' / 'sad' / 'again').symlink_to('..')
    code, found = check(capsys, classes / 'c')
    assert (code, found['clips']) == (0, 2)
    assert ['again is a link to' in item['reason'] for item in found['skipped']] == [True]


def test_files_that_a_list_does_not_name(classes, capsys):
    (classes / 'c' / 'metadata.csv').write_text('file_path,emotion\n./sad/a.wav,sad\n')
    listing = corpora.read(classes / 'c')
    assert [(path.name, reason) for path, reason in listing.skipped] == [
        ('b.wav', 'not listed in metadata.csv')]
    assert main(['data', 'check', '--threads', '1', str(classes / 'c')]) == 1
    assert 'no problems found, but files are left out' in capsys.readouterr().out


def test_a_file_beside_the_folders_of_emotions(classes, capsys):
    write(classes / 'c' / 'stray.wav', sound(2))
    code, found = check(capsys, classes / 'c')
    assert (code, found['clips'], found['sound']) == (1, 2, True)


def test_a_clip_of_which_a_part_is_used_is_named(tmp_path, capsys):
    write(tmp_path / 'a.flac', sound(20))
    data = (tmp_path / 'a.flac').read_bytes()
    (tmp_path / 'a.flac').write_bytes(data[:len(data) // 2])
    readable, problems = leave_out_unreadable([tmp_path / 'a.flac'], 1, Progress(hidden=True))
    assert (len(readable), problems) == (1, [])
    assert 'warning: only a part is used' in capsys.readouterr().err


def test_hidden_clips(classes):
    write(classes / 'c' / 'sad' / '.e.wav', sound(1))
    write(classes / 'c' / 'sad' / '._a.wav', sound(1))
    assert [path.name for path, _ in corpora.read(classes / 'c').skipped] == ['.e.wav']


@pytest.mark.parametrize('rows', [
    'sad/a.wav;sad;x\nsad/b.wav;sad;y\n;;\n',
    '\n;;\nsad/a.wav;sad;x\n ; ;\nsad/b.wav;sad;y\n;;;;\n'])
def test_empty_rows_of_a_spreadsheet(classes, rows):
    (classes / 'c' / 'metadata.csv').write_text('file_path;emotion;speaker\n' + rows)
    assert [recording.speaker for recording in corpora.read(classes / 'c').recordings] == ['x', 'y']


def test_a_row_with_something_is_no_empty_row(classes, capsys):
    (classes / 'c' / 'metadata.csv').write_text('file_path;emotion;speaker\n;;x\n')
    assert main(['data', 'check', str(classes / 'c')]) == 2
    assert 'line 2: file_path is empty' in capsys.readouterr().err


@pytest.mark.parametrize('text', [
    'file_path,emotion,speaker\n', 'file_path;emotion;speaker\n;;\n;;\n', 'file_path,emotion'])
@pytest.mark.parametrize('command', [('data', 'check'), ('adapt', 'small', '--data'),
                                     ('evaluate', 'small', '--data')])
def test_a_list_without_a_row(tmp_path, capsys, text, command):
    (tmp_path / 'metadata.csv').write_text(text)
    assert main([*command, str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert 'metadata.csv' in err and 'lists no clips' in err and err.count('\n') == 1


def test_odd_files_are_used_and_noted(tmp_path, capsys):
    folder = tmp_path / 'c' / 'sad'
    folder.mkdir(parents=True)
    write(folder / 'scale.wav', 32768 * sound(3), subtype='FLOAT')
    write(folder / 'offset.wav', 0.01 * sound(3) + 0.1)
    (folder / 'killed.wav').write_bytes(wav(pcm16(sound(2)), declared=0))
    (folder / 'int64.wav').write_bytes(wav(bytes(8 * RATE_HZ), sample_bytes=8))
    code, found = check(capsys, tmp_path / 'c')
    assert code == 1
    assert [text.count('offset of 0.1') + text.count('full scale') + text.count('all of them')
            for text in found['notes']] == [1, 1, 1]
    assert found['level_dbfs']['max'] < 0
    assert found['level_dbfs']['min'] < -45
    assert [path.rsplit('/')[-1] for path in found['silent']] == ['int64.wav']
