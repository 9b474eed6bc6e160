# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files and folders that are given from outside."""

import errno
import os
import stat
from typing import Callable, Iterator, List, Set, Tuple


def check_regular(path: str) -> os.stat_result:
    """Return the status of a regular file.

    Asked before it is opened: opening a named pipe would wait for its writer, without end.

    Raises:
        OSError: if it is missing, or a folder, a pipe, a device or a socket; ``strerror`` says
            which.
    """
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, 'it is a folder', path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, 'it is not a regular file', path)
    return status


class Walk:
    """Goes through a folder and the folders below it, also through links to folders.

    No folder is gone through twice: not the target of a link that lies in the folder itself, and
    not in a loop of links.

    Args:
        folder: where to start.
        on_problem: takes path and reason of what cannot be gone through: its files are lost.
        on_link: takes path and reason of a link that need not be followed.
    """

    def __init__(self, folder: str, on_problem: Callable[[str, str], None],
                 on_link: Callable[[str, str], None] = lambda path, reason: None):
        self._folder = folder
        self._root = os.path.realpath(folder)
        self._on_problem = on_problem
        self._on_link = on_link
        self._visited: Set[Tuple[int, int]] = set()

    def __iter__(self) -> Iterator[Tuple[str, List[str]]]:
        """Yield each folder with the names of its files, both in the order of their names."""
        return self._walk(self._folder)

    def _walk(self, folder: str) -> Iterator[Tuple[str, List[str]]]:
        try:
            status = os.stat(folder)
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self._on_problem(folder, f'cannot read the folder {error.filename}: {error.strerror}')
            return
        self._visited.add((status.st_dev, status.st_ino))
        folders, names = [], []
        for entry in entries:
            if entry.is_symlink() and not os.path.exists(entry.path):
                self._on_problem(entry.path, f'{entry.path} is a link to '
                                 f'{os.readlink(entry.path)}, which is not there')
            elif entry.is_dir():
                folders.append(entry)
            else:
                names.append(entry.name)
        yield folder, names
        for entry in folders:
            if self._is_new(entry):
                yield from self._walk(entry.path)

    def _is_new(self, entry: 'os.DirEntry[str]') -> bool:
        """Return whether to go into a folder."""
        if not entry.is_symlink():
            return True
        target = os.path.realpath(entry.path)
        status = os.stat(target)
        if _lies_in(self._root, target) and target != self._root:
            self._on_problem(entry.path, f'{entry.path} is a link to {target}, in which it lies '
                             'itself, and is not followed')
        elif _lies_in(target, self._root) or (status.st_dev, status.st_ino) in self._visited:
            self._on_link(entry.path, f'{entry.path} is a link to {target}, whose files are found '
                          'there')
        else:
            return True
        return False


def _lies_in(path: str, folder: str) -> bool:
    return os.path.commonpath([path, folder]) == folder
