# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Standard output and error as the caller of a command has left them: closed, full or gone."""

import os
import sys
from typing import Optional, TextIO


def prepare() -> None:
    """Make sure that both exist, and that what their encoding does not have is escaped."""
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        # In file names or Korean texts.
        if hasattr(stream, 'reconfigure'):  # not on Python 3.6
            stream.reconfigure(errors='backslashreplace')


def _open_closed() -> None:
    # A file that is opened next would get the number of a closed stream, and with it all that
    # libraries print. Children have their streams from here, too.
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number: this one
            os.set_inheritable(descriptor, True)
    if sys.stdout is None:
        sys.stdout = open(1, 'w', closefd=False)
    if sys.stderr is None:
        sys.stderr = open(2, 'w', closefd=False)


def failure(stream: TextIO) -> Optional[OSError]:
    """Write out what the stream still holds; return why that is not possible, or None."""
    try:
        stream.flush()
    except OSError as error:
        return error
    return None


def drop(stream: TextIO) -> None:
    """Give up what the stream still holds, so that Python does not try to write it again."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
