# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Arguments that several commands share: the model and how it runs."""

import argparse
from typing import Any, Optional

from ser_ros.inference.model_file import PRECISIONS
from ser_ros.inference.registry import AUTO, AUTO_ORDER
from ser_ros.logs import LEVELS

# What add_subparsers() returns; argparse gives the class no public name.
Subparsers = argparse._SubParsersAction


def add_model(parser: Any, name: str = 'model') -> None:
    """Add the argument that names a model; with dashes in its name it may be left out."""
    parser.add_argument(name, metavar='NAME|PATH',
                        help='name of a model in models/, or path of a model')


def add_session(
    parser: Any, backend: Optional[str] = None, precision: Optional[str] = None,
) -> None:
    """Add ``--backend`` and ``--precision``.

    Args:
        backend, precision: the defaults.
    """
    # No fixed choices: other packages may bring more.
    parser.add_argument('--backend', metavar='{' + ','.join((AUTO, *AUTO_ORDER)) + '}',
                        default=backend,
                        help=f"runtime for the model (default: {backend or 'the graph setting'})")
    parser.add_argument('--precision', choices=PRECISIONS, default=precision,
                        help=f"numeric precision (default: {precision or 'the graph setting'})")


def add_threads(parser: Any, default: Optional[int] = None) -> None:
    """Add ``--threads``."""
    parser.add_argument('--threads', type=int, default=default, metavar='N',
                        help='CPU threads for one window')


def add_channel(parser: Any) -> None:
    """Add ``--channel``."""
    parser.add_argument(
        '--channel', metavar='{auto,mean,loudest,INDEX}',
        help='how several channels become one: auto (the mean, or the loudest one while they '
        'cancel each other), mean, loudest, or the index of a channel from 0 (default: auto)')


def add_logging(subparsers: Subparsers) -> None:
    """Add ``--log-level`` and ``--log-file`` to all commands, and to the commands of these."""
    for parser in subparsers.choices.values():
        below = [action for action in parser._actions if isinstance(action, Subparsers)]
        for action in below:
            add_logging(action)
        if not below:
            parser.add_argument('--log-level', choices=list(LEVELS),
                                help='least severity of log messages (default: info; of the nodes '
                                'in ser_ros run: warning)')
            parser.add_argument('--log-file', metavar='FILE',
                                help='also append log messages to this file, with time and level')


def seconds(text: str) -> float:
    """Return the duration that an argument gives [s]."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float('inf'):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds above 0")
    return value
