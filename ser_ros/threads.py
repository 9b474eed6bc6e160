# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How many CPU threads one window may take."""

from ser_ros.errors import SerError

THREADS_RANGE = (1, 64)
'''The least and the most, both allowed; more threads would only wait for each other.'''


def check_threads(threads: int) -> None:
    """Raise SerError unless it is a whole number in THREADS_RANGE."""
    least, most = THREADS_RANGE
    if not isinstance(threads, int) or not least <= threads <= most:
        raise SerError(f'threads must be a whole number from {least} to {most}, got {threads!r}')
