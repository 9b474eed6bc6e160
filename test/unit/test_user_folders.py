# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Folders in the home, where there is no home."""

import os
import tempfile

import pytest

from ser_ros import user_folders
from ser_ros.errors import SerError
from ser_ros.inference.engine_options import EngineOptions, engine_folder


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    user_folders.usable.cache_clear()
    folder = tmp_path / 'temporary'
    folder.mkdir()
    monkeypatch.setattr(tempfile, 'tempdir', str(folder))
    yield folder
    user_folders.usable.cache_clear()


def test_a_folder_that_can_be_written(tmp_path, caplog):
    wanted = str(tmp_path / 'a' / 'b')
    assert user_folders.usable(wanted, 'logs', 'Do this') == wanted
    assert os.path.isdir(wanted)
    assert not caplog.records


@pytest.mark.parametrize('wanted, reason', [
    ('', 'HOME is not set'), ('/proc/x', '/proc/x cannot be written')])
def test_a_temporary_folder_takes_its_place_with_one_warning(wanted, reason, temporary, caplog):
    folders = {user_folders.usable(wanted, 'log files', 'Do this') for _ in range(3)}
    own = temporary / f'ser_ros-{os.geteuid()}'
    assert folders == {str(own / 'log_files')}
    assert own.stat().st_mode & 0o077 == 0
    record, = caplog.records
    assert record.getMessage() == f'{reason}: log files go to {own}/log_files. Do this'


def test_a_folder_that_others_can_write_is_not_used(temporary):
    own = temporary / f'ser_ros-{os.geteuid()}'
    own.mkdir()
    own.chmod(0o777)
    folder = user_folders.usable('', 'logs', 'Do this')
    assert os.path.dirname(folder) == str(temporary) and folder != str(own)
    assert os.stat(folder).st_mode & 0o077 == 0


def test_no_place_at_all(monkeypatch, tmp_path):
    """As in a container that is read-only."""
    file = tmp_path / 'file'
    file.write_text('')
    monkeypatch.setattr(tempfile, 'tempdir', str(file))
    with pytest.raises(SerError) as error:
        user_folders.usable('', 'logs', 'Do this')
    assert str(error.value) == (
        'HOME is not set, and no temporary folder can be: there is no place for logs. Do this, or '
        'mount a temporary one (docker run --tmpfs /tmp)')


def test_engines_without_a_home(monkeypatch, temporary):
    monkeypatch.setenv('HOME', '/proc')
    monkeypatch.delenv('XDG_CACHE_HOME', raising=False)
    folder = engine_folder(EngineOptions())
    assert folder.startswith(str(temporary)) and os.path.isdir(folder)
    assert engine_folder(EngineOptions(folder='/named/by/me')) == '/named/by/me'
