# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Having an engine built: the process that does it, its progress, its end, and the file's place."""

import contextlib
import fcntl
import os
import signal
import threading
import time
from typing import Any, Iterator, Optional

from ser_ros.child_process import ChildProcess
from ser_ros.errors import SerError
from ser_ros.inference.engine_options import EngineOptions
from ser_ros.inference.tensorrt_engine import engine_file
from ser_ros.inference.tensorrt_engine.engine_file import UnusableEngine
from ser_ros.inference.tensorrt_engine.job import Job

MODULE = 'ser_ros.inference.tensorrt_engine.builder_process'
_PERIOD_S = 0.2
_MEMORY_SIGNS = ('out of memory', 'outofmemory', 'memoryerror', 'bad_alloc',
                 'cannot allocate memory')
_MEMORY_HINT = ('; probably memory ran out: close other programs, add swap, or lower '
                'workspace_mib (now {})')
_CANCELLED = 'it was cancelled'


def ensure(path: str, job: Job, options: EngineOptions,
           unusable: Optional[engine_file.EngineFile] = None) -> engine_file.EngineFile:
    """Return the engine file ``path`` for ``job``; build it if it is not there.

    Of several processes that want the same file at once, one builds and the others wait for it.

    Args:
        job: its ``output`` is ignored.
        unusable: what was found in the file and will not do, though it is for this very job.

    Raises:
        SerError: if it can't be built; what was in ``path`` before is still there.
    """
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with _lock(path + '.lock', options):
            with contextlib.suppress(UnusableEngine):
                content = engine_file.read(path, job.key)
                if content != unusable:
                    return content
            engine_file.remove_leftovers(path)
            return _build(path, job, options)
    except OSError as error:
        raise SerError(
            f'the engine folder {os.path.dirname(path)} cannot be used: '
            f'{error.strerror}') from error


def _build(path: str, job: Job, options: EngineOptions) -> engine_file.EngineFile:
    temporary = f'{path}.{os.getpid()}.tmp'
    try:
        run_builder(job._replace(output=temporary), options)
        content = engine_file.read(temporary, job.key)
        engine_file.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        engine_file.remove_leftovers(path)
    return content


@contextlib.contextmanager
def _lock(path: str, options: EngineOptions) -> Iterator[None]:
    """Hold the file's lock; the system releases it when a process ends, however it does."""
    deadline = time.monotonic() + options.timeout_s
    with open(path, 'a') as file:
        while not _try_lock(file):
            options.on_progress('waiting for another process that builds the same engine', None)
            if time.monotonic() > deadline:
                raise SerError(
                    f"another process has been building {path[:-len('.lock')]} for "
                    f'{options.timeout_s:g} s')
            if options.cancelled():
                raise SerError(_CANCELLED)
            time.sleep(_PERIOD_S)
        yield


def _try_lock(file: Any) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def run_builder(job: Job, options: EngineOptions) -> None:
    """Build ``job.output`` in a process of its own.

    Raises:
        SerError: it failed; the text gives its reason, or how it ended, and the end of its log.
    """
    error = ''
    with ChildProcess(MODULE, job._asdict()) as child, _Guard(child, options) as guard:
        for message in child.messages():
            if 'error' in message:
                error = message['error']
            elif 'step' in message:
                options.on_progress(message['step'], message['share'])
    if guard.reason:
        reason = guard.reason
    elif error or child.exit_code != 0:
        reason = _reason(error, child, job.key['workspace_mib'])
    else:
        return
    raise SerError(f"cannot build the {job.key['precision']} engine: {reason}")


class _Guard:
    """Ends the builder where it takes too long or is not wanted any more.

    Attributes:
        reason: why it was ended, '' if it was not.
    """

    def __init__(self, child: ChildProcess, options: EngineOptions) -> None:
        self.reason = ''
        self._child = child
        self._options = options
        self._over = threading.Event()
        self._thread = threading.Thread(
            target=self._watch, daemon=True, name='ser_ros guard of the builder')

    def __enter__(self) -> '_Guard':
        self._thread.start()
        return self

    def _watch(self) -> None:
        deadline = time.monotonic() + self._options.timeout_s
        while not self._over.wait(_PERIOD_S):
            if time.monotonic() > deadline:
                self.reason = f'it took longer than {self._options.timeout_s:g} s'
            elif self._options.cancelled():
                self.reason = _CANCELLED
            if self.reason:
                self._child.kill()
                return

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        self._thread.join()


def _reason(error: str, child: ChildProcess, workspace_mib: int) -> str:
    tail = list(child.log)
    if error:  # the reason; of the log, only errors and warnings
        tail = [line for line in tail if line.startswith(('ERROR', 'INTERNAL_ERROR', 'WARNING'))]
    else:
        error = f'the builder {child.end}'
    log = ' | '.join(line for line in tail if line)
    lower = log.lower()
    if child.exit_code == -signal.SIGKILL or any(sign in lower for sign in _MEMORY_SIGNS):
        error += _MEMORY_HINT.format(workspace_mib)
    return f'{error}. The end of its log: {log}' if log else error
