# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C that is not forgotten: a library may lose a KeyboardInterrupt in one of its callbacks."""

import signal
from typing import Any


class Interrupt:
    """A context manager; ``seen`` is true once Ctrl-C was pressed, whatever became of it."""

    def __init__(self) -> None:
        self.seen = False
        self._previous: Any = None

    def __enter__(self) -> 'Interrupt':
        self._previous = signal.signal(signal.SIGINT, self._raise)
        return self

    def __exit__(self, *_: Any) -> None:
        signal.signal(signal.SIGINT, self._previous)

    def _raise(self, *_: Any) -> None:
        self.seen = True
        raise KeyboardInterrupt
