# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Folders in the user's home, and what takes their place where there is no home.

Services of systemd and containers often have no HOME, or one that can't be written.
"""

import functools
import logging
import os
import stat
import tempfile

from ser_ros.errors import SerError

LOGGER = logging.getLogger(__name__)


@functools.lru_cache(maxsize=None)
def usable(folder: str, what: str, remedy: str) -> str:
    """Return a folder that can be written: the one that is meant, or a temporary one.

    The folder is made. Where another takes its place, one warning says so.

    Args:
        folder: the one that is meant; '' where none is known.
        what: what is kept in it, as the subject of the warning.
        remedy: how the user names another one.

    Raises:
        SerError: there is no temporary folder either.
    """
    if folder and _can_be_written(folder):
        return folder
    reason = f'{folder} cannot be written' if folder else 'HOME is not set'
    try:
        instead = _temporary(what)
    except OSError as error:
        raise SerError(
            f'{reason}, and no temporary folder can be: there is no place for {what}. {remedy}, or '
            'mount a temporary one (docker run --tmpfs /tmp)') from error
    LOGGER.warning('%s: %s go to %s. %s', reason, what, instead, remedy)
    return instead


def _temporary(what: str) -> str:
    """Return a folder below the temporary one that belongs to this user alone."""
    parent = os.path.join(tempfile.gettempdir(), f'ser_ros-{os.geteuid()}')
    folder = os.path.join(parent, what.replace(' ', '_'))
    if _can_be_written(parent) and _is_own(parent) and _can_be_written(folder):
        return folder
    return tempfile.mkdtemp(prefix='ser_ros-')


def _can_be_written(folder: str) -> bool:
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _is_own(folder: str) -> bool:
    """Return whether nobody else can put files into a folder."""
    status = os.lstat(folder)
    return (stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
            and not status.st_mode & 0o022)
