# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sound on disk, of which only the part that is taken gets into memory."""

import os
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ser_ros.audio.format import float_to_int16, int16_to_float

SUFFIX = '.s16'
DTYPE = np.dtype('<i2')


class StoredSound:
    """The samples of a clip in a file of 16-bit numbers.

    It stands for a float32 array (n,) in [-1, 1]: it has its shape, and an index reads that part.
    The file is mapped for as long as that takes, since a system allows only so many maps.

    Attributes:
        shape: (n,).
        dtype: of what is read.
    """

    __slots__ = ('_path', 'shape')
    dtype = np.dtype(np.float32)

    def __init__(self, path: Path):
        """Refer to a file that `write` made."""
        self._path = str(path)
        self.shape = (os.path.getsize(path) // DTYPE.itemsize,)

    def __getitem__(self, index: Any) -> np.ndarray:
        """Read a part, float32."""
        return int16_to_float(np.asarray(np.memmap(self._path, DTYPE, 'r'))[index])

    def __array__(self, dtype: Optional[np.dtype] = None,
                  copy: Optional[bool] = None) -> np.ndarray:
        """Read the whole clip."""
        return self[:] if dtype is None else self[:].astype(dtype)


def write(path: Path, samples: np.ndarray) -> None:
    """Write samples in [-1, 1], rounded to 16 bits: exact for recordings without an offset."""
    float_to_int16(samples).astype(DTYPE).tofile(path)
