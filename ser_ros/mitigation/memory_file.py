# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The file in which the responder's memory outlives the process."""

import contextlib
import fcntl
import json
import os
from typing import Optional

from ser_ros.errors import SerError
from ser_ros.files import check_regular
from ser_ros.mitigation.memory import Memory, from_dict, to_dict

# The value of the parameter with which nothing is kept.
NONE = 'none'
MAX_BYTES = 65536
# The name of the node where it has not been given another one.
NODE = '/mitigation_responder'
# Files that did not fit. With more of them somebody should have a look.
_MAX_BROKEN = 99


def default_path(node: str = NODE) -> str:
    """Return the path where the user has named none.

    Args:
        node: name of the node with its namespace. No two of them share a file.
    """
    state = os.environ.get('XDG_STATE_HOME') or os.path.join('~', '.local', 'state')
    name = node.strip('/').replace('/', '.') + '.json'
    return os.path.expanduser(os.path.join(state, 'ser_ros', name))


class MemoryFile:
    """Read the memory once, and write it again and again.

    Nothing raises: the responder works without the file as well. The first use locks the file
    until `close` or the end of the process. Without the lock nothing is read or written.

    Attributes:
        path: of the file; '' where nothing is kept.
        problem: why the file could not be read or written; '' where all is well.
    """

    def __init__(self, path: str, node: str = NODE) -> None:
        """Name the file.

        Args:
            path: of the file; '' for the default, NONE for no file.
            node: name of the node with its namespace, for the default.
        """
        self.path = '' if path == NONE else os.path.expanduser(path) or default_path(node)
        self.problem = ''
        self._is_default = not path
        self._lock: Optional[int] = None
        self._is_given_up = not self.path

    def __del__(self) -> None:
        """Leave the file to others."""
        self.close()

    def load(self) -> Memory:
        """Return what is kept; an empty memory where there is no file, or none that fits.

        A file that does not fit or cannot be read is renamed, so that it is not lost. If that is
        impossible, nothing is ever written.
        """
        memory = Memory()
        with contextlib.suppress(OSError):  # a folder where nobody may write can still be read
            self._take()
        if self._is_given_up or not os.path.lexists(self.path):
            return memory
        try:
            memory = from_dict(self._read(), self.path)
        except OSError as error:
            self._put_aside(f'cannot read {self.path}: {error.strerror}')
        except (SerError, ValueError, RecursionError) as error:
            self._put_aside(f'{self.path} does not fit ({str(error)[:200]})')
        return memory

    def store(self, memory: Memory) -> None:
        """Write the memory, as a whole."""
        if self._is_given_up:
            return
        temporary = f'{self.path}.{os.getpid()}'
        try:
            self._take()
            if self._is_given_up:
                return
            self._write(temporary, json.dumps(to_dict(memory)).encode())
            self.problem = ''
        except OSError as error:
            self.problem = f'cannot write {self.path}: {error.strerror}; a restart forgets all'
            with contextlib.suppress(OSError):
                os.unlink(temporary)

    def close(self) -> None:
        """Leave the file to others."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take(self) -> None:
        """Lock the file for this object, or give it up where another one has it."""
        if self._lock is not None or self._is_given_up:
            return
        self._make_folder()
        lock = os.open(self.path + '.lock', os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            self._is_given_up = True
            self.problem = (f'{self.path} is in use by another responder, so this one has no '
                            'memory. Set state_file to another file')
            return
        except OSError:  # a file system without locks
            pass
        self._lock = lock

    def _make_folder(self) -> None:
        folder = os.path.dirname(os.path.abspath(self.path))
        is_ours = self._is_default or not os.path.isdir(folder)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if is_ours:
            with contextlib.suppress(OSError):
                os.chmod(folder, 0o700)

    def _read(self) -> object:
        if check_regular(self.path).st_size > MAX_BYTES:
            raise SerError(f'it is longer than {MAX_BYTES} bytes')
        with open(self.path, 'rb') as file:
            return json.loads(file.read(MAX_BYTES).decode())

    def _put_aside(self, reason: str) -> None:
        """Rename the file; a folder, a pipe and the like stay, as they are no memory of ours."""
        aside = self._free_name()
        try:
            if not (aside and (os.path.isfile(self.path) or os.path.islink(self.path))):
                raise OSError
            os.rename(self.path, aside)
        except OSError:
            self._is_given_up = True
            self.problem = f'{reason}; the responder has no memory, and the file stays as it is'
        else:
            self.problem = f'{reason}; it begins without memory, and keeps the file as {aside}'

    def _free_name(self) -> str:
        names = [f'{self.path}.broken'] + [
            f'{self.path}.broken.{number}' for number in range(2, _MAX_BROKEN + 1)]
        return next((name for name in names if not os.path.lexists(name)), '')

    def _write(self, temporary: str, content: bytes) -> None:
        self._make_folder()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, 'wb') as file:
            os.fchmod(descriptor, 0o600)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, self.path)
        self._sync_folder()

    def _sync_folder(self) -> None:
        """Make the new name outlast a power cut, where the file system can."""
        with contextlib.suppress(OSError):
            folder = os.open(os.path.dirname(os.path.abspath(self.path)), os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
