# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Packages that training, evaluation and adaptation need in addition to the runtime's."""

import sys
from importlib.util import find_spec

from ser_ros.errors import SerError, listed

PYTHON = (3, 10)


def check_packages(command: str, *names: str) -> None:
    """Make sure that this Python and its packages are enough for a command.

    Args:
        command: its name, for the text.
        names: under which its packages are imported.

    Raises:
        SerError: if not; the text says how to get what is missing.
    """
    if sys.version_info < PYTHON:
        needed, here = ('.'.join(map(str, version)) for version in (PYTHON, sys.version_info[:2]))
        raise SerError(
            f'ser_ros {command} needs Python {needed} or newer, this is {here}; run it on another '
            "machine and copy the model's folder from there")
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        raise SerError(
            f'ser_ros {command} needs packages that are not installed: {listed(missing)}; run '
            'in the folder of ser_ros: pip install -r requirements/train.txt')
