# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C that is not forgotten: a library may lose a KeyboardInterrupt in one of its callbacks."""

import signal


class Interrupt:
    """A context manager; ``seen`` is true once Ctrl-C was pressed, whatever became of it."""

    def __init__(self):
        self.seen = False
        self._previous = None

    def __enter__(self):
        self._previous = signal.signal(signal.SIGINT, self._raise)
        return self

    def __exit__(self, *_):
        signal.signal(signal.SIGINT, self._previous)

    def _raise(self, *_):
        self.seen = True
        raise KeyboardInterrupt
