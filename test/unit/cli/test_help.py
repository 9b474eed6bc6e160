# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every command explains itself, on every Python and without what the command itself needs."""

import re

import pytest

from ser_ros.cli import main as cli


def names():
    return [command.__name__.split('.')[-1].replace('_', '-') for command in cli.COMMANDS]


@pytest.mark.parametrize('name', names())
def test_help(name, capsys):
    assert cli.main([name, '--help']) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f'usage: ser_ros {name} ')
    assert err == ''


def test_help_lists_the_commands(capsys):
    assert cli.main(['--help']) == 0
    out = capsys.readouterr().out
    assert re.findall(r'^    ([a-z-]+)', out, re.MULTILINE) == names()


def test_no_command_is_an_error_that_lists_the_commands(capsys):
    assert cli.main([]) == 2
    out, err = capsys.readouterr()
    assert out == ''
    assert err.splitlines()[-1] == (
        'ser_ros: error: no COMMAND is given; allowed: ' + ', '.join(names()))
