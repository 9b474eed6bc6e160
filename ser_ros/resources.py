# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the files that come with the package are: models, configuration, launch files."""

import os
import sys
from typing import Iterator, List

from ser_ros.errors import SerError

_PACKAGE_DIR = os.path.dirname(os.path.abspath(__file__))


def _candidates() -> Iterator[str]:
    # A colcon or apt installation; then pip's; then a checkout that was never installed.
    prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    for prefix in prefixes + _pip_prefixes():
        if prefix:
            yield os.path.join(prefix, 'share', 'ser_ros')
    yield os.path.dirname(_PACKAGE_DIR)


def _pip_prefixes() -> List[str]:
    parent = os.path.dirname(_PACKAGE_DIR)
    prefixes = [parent, sys.prefix]  # pip install --target; pip install
    # --user, --prefix, and Debian's /usr/local: PREFIX/lib/pythonX.Y/site-packages.
    if os.path.basename(os.path.dirname(os.path.dirname(parent))).startswith('lib'):
        prefixes.insert(1, os.path.dirname(os.path.dirname(os.path.dirname(parent))))
    return prefixes


def share_path(*parts: str) -> str:
    """
    Return the path of a file or folder that the package ships.

    :param parts: path below the package's share folder, such as ``'config', 'ser.yaml'``.
    :raises SerError: if no installation holds it; the text lists where it was looked for.
    """
    tried = []
    for root in _candidates():
        path = os.path.join(root, *parts)
        if os.path.exists(path):
            return path
        tried.append(path)
    raise SerError(
        f"{os.path.join(*parts)} is not installed with ser_ros; looked for: {', '.join(tried)}")
