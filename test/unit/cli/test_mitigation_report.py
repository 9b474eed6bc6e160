# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report of what was learned about strategies."""

import json
import re

import pytest

from ser_ros.cli.main import main
from ser_ros.mitigation.memory import Memory
from ser_ros.mitigation.memory_file import MemoryFile


@pytest.fixture
def path(tmp_path):
    path = str(tmp_path / 'mitigation.json')
    MemoryFile(path).store(Memory(
        episodes=9, learned={'anger': {'make_room': (6.0, 2.0)}}))
    return path


def test_a_table(path, capsys):
    assert main(['mitigation-report', '--state-file', path]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ['emotion', 'strategy', 'tried', 'helped']
    assert row.split() == ['anger', 'make_room', '8.0', '6.0', '70%', '40%', 'to', '93%', '+20%']


def test_json(path, capsys):
    assert main(['mitigation-report', '--state-file', path, '--json']) == 0
    row, = json.loads(capsys.readouterr().out)
    assert (row['emotion'], row['helped'], row['share']) == ('anger', 6.0, 0.7)
    assert len(row['interval']) == 2


def test_a_picture(path, tmp_path, capsys):
    pytest.importorskip('matplotlib')
    picture = tmp_path / 'learned.svg'
    assert main(['mitigation-report', '--state-file', path, '--plot', str(picture)]) == 0
    assert picture.stat().st_size > 1000


def test_it_is_forgotten_and_the_rest_is_kept(path, capsys):
    assert main(['mitigation-report', '--state-file', path, '--reset']) == 0
    assert MemoryFile(path).load() == Memory(episodes=9)
    assert main(['mitigation-report', '--state-file', path]) == 0
    assert 'Nothing was learned yet.' in capsys.readouterr().out


@pytest.mark.parametrize('content, message', [
    (None, 'cannot read .*No such file'), ('{', 'is not a file of the responder'),
    ('{"version": 99}', 'version is 99'), ('[]', 'allowed: a mapping')])
def test_a_file_that_does_not_fit_stays_as_it_is(tmp_path, capsys, content, message):
    path = tmp_path / 'other.json'
    if content is not None:
        path.write_text(content)
    assert main(['mitigation-report', '--state-file', str(path)]) == 2
    assert re.search(message, capsys.readouterr().err)
    if content is not None:
        assert path.read_text() == content


def test_no_file(capsys):
    assert main(['mitigation-report', '--state-file', 'none']) == 2
    assert "'none'; allowed: the path of a file" in capsys.readouterr().err
