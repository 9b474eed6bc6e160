# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The file of the memory: whole, for nobody else, and never in the way."""

import json
import os
import stat
from dataclasses import replace

import pytest

from ser_ros.mitigation import memory_file
from ser_ros.mitigation.memory import Memory, to_dict
from ser_ros.mitigation.memory_file import MAX_BYTES, MemoryFile, default_path

MEMORY = Memory(episodes=3, paused=True, answers=('2026-01-31T12:00:00',))


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'state' / 'mitigation.json'


def loaded(path):
    file = MemoryFile(str(path))
    return file.load(), file.problem


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_stored_is_loaded(path):
    file = MemoryFile(str(path))
    assert file.load() == Memory()
    assert file.problem == ''
    file.store(MEMORY)
    assert loaded(path) == (MEMORY, '')
    file.store(replace(MEMORY, paused=False))
    assert loaded(path)[0].paused is False
    assert os.listdir(str(path.parent)) == ['mitigation.json']


def test_it_is_for_nobody_else(path):
    MemoryFile(str(path)).store(MEMORY)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


def test_its_place(monkeypatch, tmp_path):
    monkeypatch.setenv('XDG_STATE_HOME', '/state')
    assert default_path() == '/state/ser_ros/mitigation.json'
    monkeypatch.setenv('XDG_STATE_HOME', '')
    monkeypatch.setenv('HOME', '/home/robot')
    assert MemoryFile('').path == '/home/robot/.local/state/ser_ros/mitigation.json'
    assert MemoryFile('~/a.json').path == '/home/robot/a.json'


def test_none_keeps_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = MemoryFile('none')
    file.store(MEMORY)
    assert file.load() == Memory()
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.parametrize('content, reason', [
    ('', 'Expecting value'),
    ('{', 'Expecting property name'),
    ('[]', 'it holds []'),
    ('[' * 100000, 'longer than'),
    ('[' * 5000, 'does not fit'),
    ('\xff', 'does not fit'),
    (json.dumps(dict(to_dict(MEMORY), version=99)), 'A later version of ser_ros wrote it'),
    (json.dumps(dict(to_dict(MEMORY), episodes=-1)), 'episodes is -1'),
    (json.dumps(dict(to_dict(MEMORY), words='x')), "unknown key 'words'"),
    ('x' * (MAX_BYTES + 1), 'longer than 65536 bytes'),
])
def test_a_file_that_does_not_fit_is_kept_aside(path, content, reason):
    path.parent.mkdir()
    path.write_bytes(content.encode('latin-1'))
    memory, problem = loaded(path)
    assert memory == Memory()
    assert reason in problem
    assert f'{path}.broken' in problem and '\n' not in problem
    assert (path.parent / 'mitigation.json.broken').exists()
    assert loaded(path) == (Memory(), '')


def test_a_pipe_does_not_hold_it_up(path):
    path.parent.mkdir()
    os.mkfifo(str(path))
    memory, problem = loaded(path)
    assert memory == Memory()
    assert 'it is not a regular file' in problem


@pytest.mark.parametrize('failing', ['open', 'fsync', 'replace', 'makedirs'])
def test_a_full_disk_is_named_and_does_no_harm(path, monkeypatch, failing):
    file = MemoryFile(str(path))
    file.store(MEMORY)

    def fail(*_, **__):
        raise OSError(28, 'No space left on device')

    with monkeypatch.context() as patch:
        patch.setattr(memory_file.os, failing, fail)
        file.store(replace(MEMORY, episodes=4))
    assert file.problem == (
        f'cannot write {path}: No space left on device; a restart forgets all')
    assert loaded(path) == (MEMORY, '')
    assert os.listdir(str(path.parent)) == ['mitigation.json']
    file.store(replace(MEMORY, episodes=5))
    assert file.problem == ''
    assert loaded(path)[0].episodes == 5


def test_a_folder_where_nobody_may_write(path):
    path.parent.mkdir()
    path.mkdir()
    memory, problem = loaded(path)
    assert memory == Memory()
    assert 'it is a folder' in problem
    file = MemoryFile(str(path))
    file.store(MEMORY)
    assert 'cannot write' in file.problem
