# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The file in which the responder's memory outlives the process."""

import contextlib
import json
import os

from ser_ros.errors import SerError
from ser_ros.files import check_regular
from ser_ros.mitigation.memory import Memory, from_dict, to_dict

# The value of the parameter with which nothing is kept.
NONE = 'none'
MAX_BYTES = 65536


def default_path() -> str:
    """Return the path where the user has named none."""
    state = os.environ.get('XDG_STATE_HOME') or os.path.join('~', '.local', 'state')
    return os.path.expanduser(os.path.join(state, 'ser_ros', 'mitigation.json'))


class MemoryFile:
    """Read the memory once, and write it again and again.

    Nothing raises: the responder works without the file as well.

    Attributes:
        path: of the file; '' where nothing is kept.
        problem: why the file could not be read or written; '' where all is well.
    """

    def __init__(self, path: str) -> None:
        """Name the file.

        Args:
            path: of the file; '' for the default, NONE for no file.
        """
        self.path = '' if path == NONE else os.path.expanduser(path) or default_path()
        self.problem = ''

    def load(self) -> Memory:
        """Return what is kept; an empty memory where there is no file, or none that fits.

        A file that does not fit is renamed, so that it is not lost.
        """
        memory = Memory()
        if not self.path or not os.path.lexists(self.path):
            return memory
        try:
            memory = from_dict(self._read(), self.path)
        except OSError as error:
            self.problem = f'cannot read {self.path}: {error.strerror}; it begins without memory'
        except (SerError, ValueError, RecursionError) as error:
            aside = self.path + '.broken'
            self.problem = (f'{self.path} does not fit ({str(error)[:200]}); it begins without '
                            f'memory, and keeps the file as {aside}')
            with contextlib.suppress(OSError):
                os.replace(self.path, aside)
        return memory

    def store(self, memory: Memory) -> None:
        """Write the memory, as a whole."""
        if not self.path:
            return
        temporary = f'{self.path}.{os.getpid()}'
        try:
            self._write(temporary, json.dumps(to_dict(memory)).encode())
            self.problem = ''
        except OSError as error:
            self.problem = f'cannot write {self.path}: {error.strerror}; a restart forgets all'
            with contextlib.suppress(OSError):
                os.unlink(temporary)

    def _read(self) -> object:
        if check_regular(self.path).st_size > MAX_BYTES:
            raise SerError(f'it is longer than {MAX_BYTES} bytes')
        with open(self.path, 'rb') as file:
            return json.loads(file.read(MAX_BYTES).decode())

    def _write(self, temporary: str, content: bytes) -> None:
        folder = os.path.dirname(os.path.abspath(self.path))
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, 'wb') as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, self.path)
