# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A process that does one task with a module of this package and answers in lines of JSON.

It may crash, run out of memory or hang without harm to its parent, and it never outlives it. The
parent writes the task to its standard input, one line of JSON, and keeps that open. On standard
output, lines that begin with PREFIX are messages; all others are its log.
"""

import collections
import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Callable, Deque, Dict, Iterator, Mapping, Optional, Sequence

import ser_ros
from ser_ros.errors import SerError

PACKAGE_PARENT = os.path.dirname(os.path.dirname(os.path.abspath(ser_ros.__file__)))
PREFIX = '@ser_ros '
FAILED = 3
ABANDONED = 4
LOG_LINES = 8
# How often a process looks for its parent, and how long it may then take to end.
_PARENT_POLL_S = 0.25
_LAST_S = 1.2
_PR_SET_PDEATHSIG = 1  # of <sys/prctl.h>; "parent" is the thread that started the process

Message = Dict[str, Any]


def command(module: str) -> Sequence[str]:
    """Return the command line that runs ``main`` of a module, such as ser_ros.benchmark.worker."""
    # In place of the current folder, where anything may be: the package that runs here.
    return (sys.executable, '-c', (
        f'import importlib, sys; '
        f'sys.path[:] = [{PACKAGE_PARENT!r}] + [path for path in sys.path if path]; '
        f'sys.exit(importlib.import_module({module!r}).main())'))


class ChildProcess:
    """The parent's side; a context manager that starts the process and ends it.

    Args:
        module: module whose ``main`` calls `serve`.
        task: values that JSON can hold.

    Attributes:
        log: its last lines that were not messages.
        exit_code: how it ended, as in ``subprocess.Popen``; None while it runs.
    """

    def __init__(self, module: str, task: Mapping[str, Any]) -> None:
        self._module = module
        self._task = task
        self.log: Deque[str] = collections.deque(maxlen=LOG_LINES)

    def __enter__(self) -> 'ChildProcess':
        """Start the process.

        Raises:
            SerError: the system does not start it.
        """
        try:
            self._process = subprocess.Popen(
                command(self._module), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, universal_newlines=True, errors='replace',
                start_new_session=True)  # a terminal's Ctrl-C is for the parent
        except OSError as error:
            raise SerError(
                f'cannot start the process of {self._module}: {error.strerror}') from error
        return self

    def __exit__(self, *_: Any) -> None:
        """End the process, whatever it does."""
        self._process.kill()  # does nothing to one that has ended
        self._process.wait()
        for stream in self._process.stdin, self._process.stdout:
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def messages(self) -> Iterator[Message]:
        """Hand over the task and yield the process' messages until it ends."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it may have ended at once; its log says why
            self._process.stdin.write(json.dumps(self._task) + '\n')
            self._process.stdin.flush()
        for line in self._process.stdout:
            message = _message(line)
            if message is not None:
                yield message
            else:
                self.log.append(line.rstrip())
        self._process.wait()

    def kill(self) -> None:
        """End the process at once, from any thread; `messages` then ends as well."""
        self._process.kill()

    @property
    def exit_code(self) -> Optional[int]:
        """Exit code, or the negative number of the signal that ended it; None while it runs."""
        return self._process.returncode

    @property
    def end(self) -> str:
        """How it ended, as the rest of a sentence."""
        assert self.exit_code is not None
        return describe_end(self.exit_code)


def describe_end(exit_code: int) -> str:
    """Return how a process ended, as the rest of a sentence.

    Args:
        exit_code: its exit code, or the negative number of the signal that ended it.
    """
    if exit_code < 0:
        return f'was ended by the signal {signal.Signals(-exit_code).name}'
    return f'ended with exit code {exit_code}'


def _message(line: str) -> Optional[Message]:
    if not line.startswith(PREFIX):
        return None
    try:
        return json.loads(line[len(PREFIX):])
    except ValueError:  # a process that is killed may have written half of it
        return None


def serve(run: Callable[[Message], Message]) -> int:
    """Do the task in the child, and send what ``run`` returns, or its SerError as ``error``.

    Args:
        run: does the task, which it is given as the values of the parent.

    Returns:
        The exit code.
    """
    # A terminal's Ctrl-C may reach this process, too; the parent decides what comes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    line = sys.stdin.readline()
    if not line:
        return ABANDONED
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        send(run(json.loads(line)))
    except SerError as error:
        send({'error': str(error)})
        return FAILED
    return 0


def send(message: Message) -> None:
    """Send a message from the child to its parent."""
    sys.stdout.write(PREFIX + json.dumps(message) + '\n')
    sys.stdout.flush()


def die_with_parent() -> None:
    """Have Linux end this process, too: a library may let no other thread of Python run."""
    prctl = getattr(ctypes.CDLL(None), 'prctl', None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def end_after_parent(parent: int) -> None:
    """Have this process end in good order within 2 s once its parent has ended.

    Args:
        parent: the number of the parent's process.
    """
    threading.Thread(target=_watch_parent, args=(parent,), daemon=True,
                     name='ser_ros parent').start()


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LAST_S)
    os._exit(ABANDONED)


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(ABANDONED)
