# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Engines are code for the GPU: nobody else may give or change them."""

import os
import stat

import pytest

from ser_ros.errors import SerError
from ser_ros.inference.tensorrt_engine import engine_file

KEY = {'model': 'small'}


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / 'engines'
    folder.mkdir(mode=0o700)
    return str(folder / 'a.engine')


def write(path):
    engine_file.write(path, engine_file.EngineFile(KEY, 'fp16', {}, b'plan'))


def test_only_the_owner_reads_an_engine(path):
    before = os.umask(0)
    try:
        write(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert engine_file.read(path, KEY).plan == b'plan'


def test_no_engine_is_taken_from_a_folder_that_others_can_write(path):
    write(path)
    os.chmod(os.path.dirname(path), 0o777)
    with pytest.raises(SerError, match='chmod go-w'):
        engine_file.read(path, KEY)
