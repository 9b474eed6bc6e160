# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Arguments that several commands have: which model runs, and how."""

from typing import Any, Optional

from ser_ros.inference.model_file import PRECISIONS
from ser_ros.inference.registry import BACKEND_NAMES


def add_model(parser: Any, name: str = 'model') -> None:
    """Add the argument that names a model; with dashes in its name it may be left out."""
    parser.add_argument(name, metavar='NAME|PATH', help='model in models/, or a path')


def add_session(
    parser: Any, backend: Optional[str] = None, precision: Optional[str] = None,
) -> None:
    """
    Add ``--backend`` and ``--precision``.

    :param backend, precision: the defaults.
    """
    parser.add_argument('--backend', choices=BACKEND_NAMES, default=backend)
    parser.add_argument('--precision', choices=PRECISIONS, default=precision)


def add_threads(parser: Any, default: Optional[int] = None) -> None:
    """Add ``--threads``."""
    parser.add_argument('--threads', type=int, default=default, metavar='N',
                        help='CPU threads for one window')
