# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Log messages on standard error and in a file."""

import logging

import pytest

import ser_ros
from ser_ros.errors import SerError


@pytest.fixture(autouse=True)
def _afterwards():
    yield
    ser_ros.setup_logging()


def test_messages_from_a_level_on_and_a_file_with_all_that_is_shown(tmp_path, capsys):
    file = tmp_path / 'a.log'
    logger = logging.getLogger('ser_ros.test')
    ser_ros.setup_logging('warning', str(file))
    logger.info('hidden')
    logger.warning('로봇 shown')
    ser_ros.setup_logging('info', str(file))
    logger.info('later')
    assert capsys.readouterr().err.splitlines() == ['로봇 shown', 'later']
    lines = file.read_text(encoding='utf-8').splitlines()
    assert [line.split(': ', 1)[1] for line in lines] == ['로봇 shown', 'later']
    assert ' WARNING ser_ros.test: ' in lines[0]


def test_a_level_or_a_file_that_cannot_be(tmp_path):
    with pytest.raises(SerError, match="'loud'; allowed: one of debug, info, warning"):
        ser_ros.setup_logging('loud')
    with pytest.raises(SerError, match='cannot write the log file'):
        ser_ros.setup_logging('info', str(tmp_path))
