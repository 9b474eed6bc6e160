# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What ROS needs of the system, checked before it starts: it would end the process otherwise."""

import glob
import logging
import os
import sys
from typing import Optional

from ser_ros import user_folders
from ser_ros.errors import SerError, listed
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
# The ports of higher ones are beyond 65535.
_MAX_DOMAIN_ID = 232
# Where the ament index lists the middlewares, below each prefix.
_MIDDLEWARES = os.path.join('share', 'ament_index', 'resource_index', 'rmw_typesupport')
_REMEDY = 'Make it larger (docker run --shm-size 64m, or --ipc host)'


def check() -> None:
    """Check that a module of ROS can be imported at all, and can talk to others then.

    Raises:
        SerError: there is so little shared memory that a library of ROS would end the process, or
            a variable names a domain or a middleware that is not there.
    """
    _check_domain()
    _check_middleware()
    left = _shared_memory_left()
    if left is None or left >= _TRACING_BYTES or len(glob.glob(_TRACING_FILES)) >= 2:
        return
    raise SerError(f'{SHARED_MEMORY} has {left >> 10} KiB left, with which libraries of ROS end by '
                   f'SIGBUS. {_REMEDY}')


def _check_domain() -> None:
    """Fast DDS ends the process where the ports of a domain are beyond those that exist."""
    domain = os.environ.get('ROS_DOMAIN_ID', '').strip()
    if domain and not (domain.isdigit() and int(domain) <= _MAX_DOMAIN_ID):
        raise SerError(f'ROS_DOMAIN_ID is {domain!r}; allowed: 0 to {_MAX_DOMAIN_ID}, and on Linux '
                       'better 0 to 101, whose ports no other program takes')


def _check_middleware() -> None:
    """ROS ends the process with its own exit code where the middleware is missing."""
    wanted = os.environ.get('RMW_IMPLEMENTATION', '')
    found = {os.path.basename(path)
             for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if prefix
             for path in glob.glob(os.path.join(glob.escape(prefix), _MIDDLEWARES, '*'))}
    found.discard('rmw_implementation')
    if wanted and found and wanted not in found:
        package = wanted.replace('_', '-')
        raise SerError(
            f'RMW_IMPLEMENTATION is {wanted}, which is not installed; found: '
            f"{listed(sorted(found))}. Install ros-{os.environ.get('ROS_DISTRO', '<distro>')}-"
            f'{package}, or unset RMW_IMPLEMENTATION')


def prepare() -> None:
    """Choose a folder for logs, and a transport without shared memory where there is none.

    Processes that are started later inherit the choice.
    """
    os.environ['ROS_LOG_DIR'] = user_folders.usable(
        _log_folder(), 'log files of ROS', 'Set ROS_LOG_DIR to choose another folder')
    if _lacks_shared_memory():
        LOGGER.warning(
            '%s has less than %d MiB left, which can end Fast DDS by SIGBUS: only UDP is used. '
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
