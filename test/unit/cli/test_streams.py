# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Standard output and error that are closed, full or gone; one line for each error."""

import os
import subprocess
import sys

import pytest

from ser_ros.cli import classify, main
from ser_ros.errors import SerError
from ser_ros.messages import one_line, tell
from ser_ros.output_file import open_output

FULL = '/dev/full'
needs_full = pytest.mark.skipif(not os.path.exists(FULL), reason='this system has no /dev/full')


def shell(line, *arguments):
    """Run a line of bash in which "$@" is the command with these arguments."""
    environment = dict(
        os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)), PYTHONUNBUFFERED='')
    return subprocess.run(
        ['bash', '-c', line, 'bash', sys.executable, '-m', 'ser_ros.cli.main'] + list(arguments),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        universal_newlines=True, timeout=600, env=environment)


@needs_full
@pytest.mark.parametrize('arguments', [['--version'], ['classify', '--help']])
def test_standard_output_that_is_full(arguments):
    result = shell('"$@" > /dev/full', *arguments)
    assert (result.returncode, result.stderr) == (
        2, 'ser_ros: error: cannot write to standard output: No space left on device\n')


@needs_full
def test_an_error_that_nobody_can_be_told_keeps_its_exit_code():
    result = shell('"$@" 2> /dev/full', 'classify', 'a.wav', '--model', 'absent')
    assert (result.returncode, result.stdout, result.stderr) == (2, '', '')


@pytest.mark.parametrize('closed', ['>&-', '2>&-', '<&- >&- 2>&-'])
def test_streams_that_are_closed(closed):
    result = shell('"$@" ' + closed, '--version')
    assert (result.returncode, result.stderr) == (0, '')
    result = shell('"$@" ' + closed, 'classify', 'a.wav', '--model', 'absent')
    assert result.returncode == 2
    assert 'Traceback' not in result.stderr


def test_a_reader_that_has_gone():
    result = shell('set -o pipefail; "$@" | true', 'classify', '--help')
    assert (result.returncode, result.stderr) == (0, '')


def fail_with(monkeypatch, error):
    def run(_):
        raise error
    monkeypatch.setattr(classify, 'run', run)


def test_what_the_system_refuses_is_one_line(monkeypatch, capsys):
    fail_with(monkeypatch, PermissionError(13, 'Permission denied', 'some/file'))
    assert main.main(['classify', 'a.wav']) == 2
    assert capsys.readouterr().err == (
        'ser_ros: error: some/file: Permission denied\n')


def test_the_reader_goes_while_a_command_writes(monkeypatch, capsys):
    fail_with(monkeypatch, BrokenPipeError(32, 'Broken pipe'))
    assert main.main(['classify', 'a.wav']) == 0
    assert capsys.readouterr().err == ''


@pytest.mark.parametrize('name, shown', [
    ('a\nb', r'a\nb'), ('\x1b[2J', r'\x1b[2J'), ('a\udcffb', r'a\udcffb'),
    ('\u2028', r'\u2028'), ('\x85', r'\x85'), ('한국어 é.wav', '한국어 é.wav')])
def test_every_message_is_one_line(capsys, name, shown):
    assert one_line(name) == shown
    tell('error: ' + name)
    assert capsys.readouterr().err == f'ser_ros: error: {shown}\n'


class TestOutputFile:
    def test_keeps_text_as_it_is(self, tmp_path):
        with open_output(str(tmp_path / 'a.txt')) as stream:
            stream.write('한국어\r\nb\n')
        assert (tmp_path / 'a.txt').read_bytes() == '한국어\r\nb\n'.encode()

    def test_cannot_be_opened(self, tmp_path):
        with pytest.raises(SerError, match=f'cannot write {tmp_path}: Is a directory'):
            open_output(str(tmp_path))

    @needs_full
    def test_full(self):
        complaint = 'cannot write /dev/full: No space left on device'
        stream = open_output(FULL)
        stream.write('a')
        with pytest.raises(SerError, match=complaint):
            stream.flush()
        with pytest.raises(SerError, match=complaint):
            stream.write('a' * 100000)
        with pytest.raises(SerError, match=complaint):
            stream.close()
        assert stream.closed
