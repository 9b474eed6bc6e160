# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A child process: its messages, its log, and how it ends."""

import io
import sys

import pytest

from ser_ros import child_process
from ser_ros.child_process import ABANDONED, FAILED, ChildProcess, serve
from ser_ros.errors import SerError

START = '''
import json, os, signal, sys, time
sys.path.insert(0, {root!r})
from ser_ros.child_process import PREFIX, send, serve
'''.format(root=child_process.PACKAGE_PARENT)


@pytest.fixture
def child(monkeypatch):
    """Return a function that makes a child process of a script."""
    def make(script, **task):
        monkeypatch.setattr(
            child_process, 'command', lambda _: (sys.executable, '-c', START + script))
        return ChildProcess('some.module', task)
    return make


def test_task_messages_and_log(child):
    with child('''
def run(task):
    send({'step': 1})
    print('noise', flush=True)
    print(PREFIX + '{"half', flush=True)
    return {'twice': 2 * task['number']}
sys.exit(serve(run))
''', number=21) as process:
        assert list(process.messages()) == [{'step': 1}, {'twice': 42}]
    assert process.exit_code == 0
    assert list(process.log) == ['noise', child_process.PREFIX + '{"half']


def test_an_error_for_people_is_a_message(child):
    with child('''
from ser_ros.errors import SerError
def run(task):
    raise SerError('no such thing')
sys.exit(serve(run))
''') as process:
        assert list(process.messages()) == [{'error': 'no such thing'}]
    assert process.exit_code == FAILED


@pytest.mark.parametrize('script, end', [
    ('os.kill(os.getpid(), signal.SIGSEGV)', 'was ended by the signal SIGSEGV'),
    ('sys.exit(7)', 'ended with exit code 7'),
    ('raise ValueError("a bug")', 'ended with exit code 1')])
def test_how_it_ends(child, script, end):
    with child(script) as process:
        assert list(process.messages()) == []
    assert process.end == end
    assert 'a bug' not in script or process.log[-1] == 'ValueError: a bug'


def test_it_is_ended_with_the_context(child):
    with pytest.raises(KeyboardInterrupt):
        with child('send({}); time.sleep(600)') as process:
            for _ in process.messages():
                raise KeyboardInterrupt
    assert process.end == 'was ended by the signal SIGKILL'


def test_a_kill_ends_the_messages(child):
    with child('send({}); time.sleep(600)') as process:
        for _ in process.messages():
            process.kill()
    assert process.exit_code == -9


def test_a_process_that_cannot_be_started(monkeypatch):
    monkeypatch.setattr(child_process, 'command', lambda _: ('/no/such/python',))
    with pytest.raises(SerError, match='cannot start the process of some.module: No such file'):
        with ChildProcess('some.module', {}):
            pass


def test_a_child_whose_parent_is_gone_before_it_begins(monkeypatch):
    monkeypatch.setattr(sys, 'stdin', io.StringIO(''))
    monkeypatch.setattr(child_process, 'die_with_parent', lambda: None)
    monkeypatch.setattr(child_process.signal, 'signal', lambda *_: None)
    assert serve(lambda task: pytest.fail('there is no task')) == ABANDONED
