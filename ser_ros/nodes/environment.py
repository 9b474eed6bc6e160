# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What ROS needs of the system, checked before it starts: it would end the process otherwise."""

import glob
import logging
import os
import sys
from typing import Optional

from ser_ros import user_folders
from ser_ros.errors import SerError
from ser_ros.resources import share_path

LOGGER = logging.getLogger(__name__)

SHARED_MEMORY = '/dev/shm'
# Fast DDS takes 0.6 MB for each process, and there are up to five.
MIN_SHARED_MEMORY_BYTES = 4 << 20
# With any of these the user has chosen the transport.
_TRANSPORT_VARIABLES = ('FASTDDS_BUILTIN_TRANSPORTS', 'FASTRTPS_DEFAULT_PROFILES_FILE',
                        'FASTDDS_DEFAULT_PROFILES_FILE')


# The tracing library that ROS loads takes a page for each of two files, and dies without.
_TRACING_FILES = '/dev/shm/lttng-ust-wait-*'
_TRACING_BYTES = 2 * 4096
_REMEDY = 'Make it larger (docker run --shm-size 64m, or --ipc host)'


def check() -> None:
    """Check that a module of ROS can be imported at all.

    Raises:
        SerError: there is so little shared memory that a library of ROS would end the process.
    """
    left = _shared_memory_left()
    if left is None or left >= _TRACING_BYTES or len(glob.glob(_TRACING_FILES)) >= 2:
        return
    raise SerError(f'{SHARED_MEMORY} has {left >> 10} KiB left, with which libraries of ROS end by '
                   f'SIGBUS. {_REMEDY}')


def prepare() -> None:
    """Choose a folder for logs, and a transport without shared memory where there is none.

    Processes that are started later inherit the choice.
    """
    os.environ['ROS_LOG_DIR'] = user_folders.usable(
        _log_folder(), 'log files of ROS', 'Set ROS_LOG_DIR to choose another folder')
    if _lacks_shared_memory():
        LOGGER.warning(
            '%s has less than %d MiB left, which would end Fast DDS by SIGBUS: only UDP is used. '
            '%s', SHARED_MEMORY, MIN_SHARED_MEMORY_BYTES >> 20, _REMEDY)
        profile = share_path('config', 'udp_only.xml')
        # The names of Fast DDS 2 and of 3.
        for name in 'FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE':
            os.environ[name] = profile


def _log_folder() -> str:
    """Return where ROS would write its logs; '' where it knows no place."""
    folder = os.environ.get('ROS_LOG_DIR')
    if folder:
        return os.path.expanduser(folder)
    home = os.environ.get('ROS_HOME')
    if home:
        return os.path.join(os.path.expanduser(home), 'log')
    # Unlike Python, ROS doesn't ask the system for the home of the user.
    home = os.environ.get('HOME')
    return os.path.join(home, '.ros', 'log') if home else ''


def _lacks_shared_memory() -> bool:
    if os.environ.get('RMW_IMPLEMENTATION', '') not in ('', 'rmw_fastrtps_cpp'):
        return False
    if any(os.environ.get(name) for name in _TRANSPORT_VARIABLES):
        return False
    left = _shared_memory_left()
    return left is not None and left < MIN_SHARED_MEMORY_BYTES


def _shared_memory_left() -> Optional[int]:
    """Return the free bytes, None where they are not known: Fast DDS then says so itself."""
    if not sys.platform.startswith('linux'):
        return None
    try:
        status = os.statvfs(SHARED_MEMORY)
    except OSError:
        return None
    return status.f_bavail * status.f_frsize
