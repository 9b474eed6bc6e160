# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the files are that come with this package, and those that other ROS packages offer it."""

import os
import sys
from typing import Dict, Iterator, List

from ser_ros.errors import SerError, listed

_PACKAGE_DIR = os.path.dirname(os.path.abspath(__file__))


def _candidates() -> Iterator[str]:
    for prefix in _prefixes():
        yield os.path.join(prefix, 'share', 'ser_ros')
    yield os.path.dirname(_PACKAGE_DIR)  # a checkout that was never installed


def _prefixes() -> List[str]:
    # A colcon or apt installation; then pip's.
    prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep) + _pip_prefixes()
    return [prefix for prefix in prefixes if prefix]


def _pip_prefixes() -> List[str]:
    parent = os.path.dirname(_PACKAGE_DIR)
    prefixes = [parent, sys.prefix]  # pip install --target; pip install
    # --user, --prefix, and Debian's /usr/local: PREFIX/lib/pythonX.Y/site-packages.
    if os.path.basename(os.path.dirname(os.path.dirname(parent))).startswith('lib'):
        prefixes.insert(1, os.path.dirname(os.path.dirname(os.path.dirname(parent))))
    return prefixes


def share_path(*parts: str) -> str:
    """Return the path of a file or folder that the package ships.

    Args:
        parts: path below the package's share folder, such as ``'config', 'ser.yaml'``.

    Raises:
        SerError: if no installation holds it; the text lists where it was looked for.
    """
    tried = []
    for root in _candidates():
        path = os.path.join(root, *parts)
        if os.path.exists(path):
            return path
        tried.append(path)
    raise SerError(
        f'{os.path.join(*parts)} is not installed with ser_ros; looked for: {listed(tried)}')


def ament_folders(kind: str) -> Dict[str, str]:
    """Return the folders that packages have registered with the ament index, by name.

    A package installs a file ``share/ament_index/resource_index/KIND/NAME`` that holds the path
    of the folder, counted from the prefix that it is installed to. Of equal names the first on
    AMENT_PREFIX_PATH counts.

    Args:
        kind: kind of resource, such as ``'ser_ros.model'``.

    Raises:
        SerError: if such a file cannot be read.
    """
    folders: Dict[str, str] = {}
    for prefix in _prefixes():
        index = os.path.join(prefix, 'share', 'ament_index', 'resource_index', kind)
        for name in sorted(os.listdir(index)) if os.path.isdir(index) else ():
            if name not in folders:
                folders[name] = os.path.join(prefix, _read(os.path.join(index, name)))
    return folders


def _read(path: str) -> str:
    try:
        with open(path, encoding='utf-8') as stream:
            return stream.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SerError(f'cannot read the ament resource {path}: {error}') from error
