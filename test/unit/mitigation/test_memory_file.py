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
    memory = file.load()
    file.close()
    return memory, file.problem


def names(folder):
    """Return the names in a folder, but that of the lock."""
    return [name for name in os.listdir(str(folder)) if not name.endswith('.lock')]


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_stored_is_loaded(path):
    file = MemoryFile(str(path))
    assert file.load() == Memory()
    assert file.problem == ''
    file.store(MEMORY)
    file.close()
    assert loaded(path) == (MEMORY, '')
    file.store(replace(MEMORY, paused=False))
    file.close()
    assert loaded(path)[0].paused is False
    assert names(path.parent) == ['mitigation.json']


def test_it_is_for_nobody_else(path):
    MemoryFile(str(path)).store(MEMORY)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


def test_its_place(monkeypatch, tmp_path):
    monkeypatch.setenv('XDG_STATE_HOME', '/state')
    assert default_path() == '/state/ser_ros/mitigation_responder.json'
    monkeypatch.setenv('XDG_STATE_HOME', '')
    monkeypatch.setenv('HOME', '/home/robot')
    assert MemoryFile('').path == '/home/robot/.local/state/ser_ros/mitigation_responder.json'
    assert MemoryFile('', '/left/arm/calm').path == (
        '/home/robot/.local/state/ser_ros/left.arm.calm.json')
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
    file.close()
    assert loaded(path) == (MEMORY, '')
    assert names(path.parent) == ['mitigation.json']
    file.store(replace(MEMORY, episodes=5))
    assert file.problem == ''
    file.close()
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


def test_two_responders_do_not_share_it(path):
    first, second = MemoryFile(str(path)), MemoryFile(str(path))
    first.store(MEMORY)
    assert second.load() == Memory()
    assert second.problem == (f'{path} is in use by another responder, so this one has no memory. '
                              'Set state_file to another file')
    second.store(replace(MEMORY, episodes=9))
    assert 'is in use' in second.problem
    first.close()
    second.store(replace(MEMORY, episodes=9))  # it does not know what the first one has written
    assert loaded(path) == (MEMORY, '')


def test_no_link_leads_it_elsewhere(path, tmp_path):
    path.parent.mkdir()
    other = tmp_path / 'other'
    other.write_text('of somebody else')
    other.chmod(0o644)
    temporary = path.parent / f'mitigation.json.{os.getpid()}'
    temporary.symlink_to(other)
    MemoryFile(str(path)).store(MEMORY)
    assert other.read_text() == 'of somebody else'
    assert mode(other) == 0o644
    assert not path.is_symlink()
    assert mode(path) == 0o600


def test_a_link_as_lock_is_refused(path, tmp_path):
    path.parent.mkdir()
    (path.parent / 'mitigation.json.lock').symlink_to(tmp_path / 'other')
    file = MemoryFile(str(path))
    file.store(MEMORY)
    assert 'cannot write' in file.problem
    assert not (tmp_path / 'other').exists()


def test_an_odd_umask_changes_nothing(path):
    before = os.umask(0o277)
    try:
        MemoryFile(str(path)).store(MEMORY)
    finally:
        os.umask(before)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


def test_the_new_name_outlasts_a_power_cut(path, monkeypatch):
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(memory_file.os, 'fsync', lambda descriptor: (
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode)), fsync(descriptor)))
    MemoryFile(str(path)).store(MEMORY)
    assert synced == [False, True]


def test_every_broken_file_is_kept(path):
    path.parent.mkdir()
    for content in 'one', 'two', 'three':
        path.write_text(content)
        loaded(path)
    kept = [(path.parent / f'mitigation.json.broken{end}').read_text() for end in ('', '.2', '.3')]
    assert kept == ['one', 'two', 'three']


def unreadable(monkeypatch, file):
    def fail():
        raise PermissionError(13, 'Permission denied')
    monkeypatch.setattr(file, '_read', fail)


def test_a_file_that_cannot_be_read_is_kept(path, monkeypatch):
    path.parent.mkdir()
    path.write_text('precious')
    file = MemoryFile(str(path))
    unreadable(monkeypatch, file)
    assert file.load() == Memory()
    assert 'cannot read' in file.problem and f'{path}.broken' in file.problem
    file.store(MEMORY)
    assert (path.parent / 'mitigation.json.broken').read_text() == 'precious'


def test_a_file_that_can_be_neither_read_nor_renamed_stays(path, monkeypatch):
    path.parent.mkdir()
    path.write_text('precious')
    file = MemoryFile(str(path))
    unreadable(monkeypatch, file)

    def fail(*_):
        raise OSError(30, 'Read-only file system')

    with monkeypatch.context() as patch:
        patch.setattr(memory_file.os, 'rename', fail)
        file.load()
    problem = file.problem
    assert 'the responder has no memory, and the file stays as it is' in problem
    file.store(MEMORY)
    assert path.read_text() == 'precious'
    assert file.problem == problem


def test_a_pipe_is_never_replaced(path):
    path.parent.mkdir()
    os.mkfifo(str(path))
    file = MemoryFile(str(path))
    file.load()
    file.store(MEMORY)
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_the_default_folder_is_for_nobody_else(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path))
    (tmp_path / 'ser_ros').mkdir(mode=0o755)
    MemoryFile('').store(MEMORY)
    assert mode(tmp_path / 'ser_ros') == 0o700
