# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one error type whose text is meant for the person who uses the package."""

from typing import Any, Iterable, Sequence


class SerError(ValueError):
    """Bad input from outside: a file, a parameter, a message or a device.

    The text names the value that was given and what is allowed, so that commands can print it
    and nodes can log it as it is, without a traceback.
    """


class Faults(SerError):
    """Several things in a person's files that have to be repaired.

    Attributes:
        faults: one text for each, with its place.
    """

    def __init__(self, text: str, faults: Sequence[str]) -> None:
        """Take the error in one line, and the faults that it counts."""
        super().__init__(text)
        self.faults = list(faults)


def listed(names: Iterable[Any]) -> str:
    """Return names as they stand in a sentence, such as what is allowed; 'none' for none."""
    return ', '.join(map(str, names)) or 'none'
