# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files that are given from outside: seen to be files before they are opened."""

import errno
import os
import stat


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
