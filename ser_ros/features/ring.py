# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A ring of the latest columns in which every window is one slice."""

from typing import Tuple

import numpy as np


class ColumnRing:
    """Keeps the latest columns of a growing array.

    Each column is stored twice, half the buffer apart, so that the latest ones always lie side
    by side and a window is a view: nothing is joined or shifted when it is due.
    """

    def __init__(self, size: int, lead: Tuple[int, ...] = (), dtype: type = np.float32):
        """Make an empty ring.

        Args:
            size: number of columns kept.
            lead: shape of one column; () for one number a column.
            dtype: of the numbers.
        """
        self._size = size
        self._data = np.zeros(lead + (2 * size,), dtype)  # type: np.ndarray
        self._next = 0

    def write(self, columns: np.ndarray) -> None:
        """Append columns, shape lead + (n,), n of any size."""
        columns = columns[..., -self._size:]
        start = 0
        while start < columns.shape[-1]:
            count = min(columns.shape[-1] - start, self._size - self._next)
            part = columns[..., start:start + count]
            self._data[..., self._next:self._next + count] = part
            self._data[..., self._next + self._size:self._next + self._size + count] = part
            self._next = (self._next + count) % self._size
            start += count

    def window(self) -> np.ndarray:
        """Return a view of the latest columns, oldest first, shape lead + (size,)."""
        return self._data[..., self._next:self._next + self._size]
