# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The folders in which files may be named from outside while a program runs."""

import os
from typing import Sequence

from ser_ros.errors import SerError


class AllowedFolders:
    """Resolves the links of a path, and refuses what then lies in another folder.

    Links may change at any time, so a path is resolved again whenever it is opened.
    """

    def __init__(self, folders: Sequence[str]):
        """Take the folders.

        Args:
            folders: their paths; '' does not count. Without any, every path is allowed.
        """
        self._folders = tuple(
            os.path.realpath(os.path.expanduser(folder)) for folder in folders if folder)

    def resolve(self, path: str) -> str:
        """Return a path without links; as it is where every path is allowed.

        Raises:
            SerError: if it is in none of the folders.
        """
        if not self._folders:
            return path
        resolved = os.path.realpath(os.path.expanduser(path))
        for folder in self._folders:
            if resolved == folder or resolved.startswith(folder.rstrip(os.sep) + os.sep):
                return resolved
        leads = '' if resolved == path else f', which leads to {resolved},'
        raise SerError(
            f'{path}{leads} is outside of the allowed folders ({", ".join(self._folders)}). Start '
            'the node with this path, or with its folder in allowed_folders')
