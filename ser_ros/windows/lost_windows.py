# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Windows that are missing in the sequence."""

from typing import Optional


class LostWindows:
    """Count the windows that are missing between those that come.

    Attributes:
        count: number of missing windows.
    """

    def __init__(self) -> None:
        self.count = 0
        self._expected: Optional[int] = None

    def forget(self) -> None:
        """Begin with whatever window comes next; the count goes on."""
        self._expected = None

    def hear(self, sequence: int) -> None:
        """Take in the number of a window."""
        if self._expected is not None:
            # A restart counts from 0 again and loses nothing.
            self.count += max(0, sequence - self._expected)
        self._expected = sequence + 1
