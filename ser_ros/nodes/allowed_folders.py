# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The folders in which files may be named by parameters while a node runs.

Anybody in the network may set parameters, and the node reads and writes with the rights of its
user. Who starts the node has these rights anyway, so a value from the start is always allowed.
"""

import os
from typing import Any, Callable, Mapping, Sequence

from rclpy.parameter import Parameter

from ser_ros.errors import SerError
from ser_ros.nodes.parameters import AT_START, Spec, spec

ALLOWED_FOLDERS = spec(
    'allowed_folders', 'Folders with the files that parameters may name once the node has '
    "started. What they name at the start is always allowed. ['']: every folder.",
    changes=AT_START)


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
            if os.path.commonpath([folder, resolved]) == folder:
                return resolved
        leads = '' if resolved == path else f', which leads to {resolved},'
        raise SerError(
            f'{path}{leads} is outside of allowed_folders ({", ".join(self._folders)}). Start the '
            'node with this path, or with its folder in allowed_folders')


class FileParameters:
    """The parameters of a node that name files."""

    def __init__(self, specs: Sequence[Spec], values: Mapping[str, Any]):
        """Take what the parameters say at the start.

        Args:
            specs: the node's parameters.
            values: by their names.
        """
        self._specs = {each.name: each for each in specs if each.is_path is not None}
        self._given = {name: values[name] for name in self._specs}
        self._allowed = AllowedFolders(values.get(ALLOWED_FOLDERS.name, ()))

    def resolver(self, name: str, value: str) -> Callable[[str], str]:
        """Return what makes a path that can be opened of one that this value of a parameter names.

        It raises SerError where the path is not allowed.
        """
        is_path = self._specs[name].is_path
        assert is_path is not None
        return self._allowed.resolve if value != self._given[name] and is_path(value) else str

    def resolve(self, name: str, value: str) -> str:
        """Return what can be opened for a value of a parameter.

        Raises:
            SerError: if it names a file that is not allowed.
        """
        return self.resolver(name, value)(value)

    def check(self, changes: Sequence[Parameter]) -> None:
        """Check changes of parameters.

        Raises:
            SerError: if one names a file that is not allowed.
        """
        for change in changes:
            if change.name in self._specs and isinstance(change.value, str):
                self.resolve(change.name, change.value)
