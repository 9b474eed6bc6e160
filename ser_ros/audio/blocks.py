# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sound that is read block by block."""

import abc
from typing import Iterator, Optional

import numpy as np


class BlockReader(abc.ABC):
    """Reads samples block by block; a loop over it reads up to the end."""

    @abc.abstractmethod
    def read(self) -> Optional[np.ndarray]:
        """Return the next samples, or None if there are no more."""

    def __iter__(self) -> Iterator[np.ndarray]:
        # Not iter(self.read, None), which would compare each array with None, sample by sample.
        block = self.read()
        while block is not None:
            yield block
            block = self.read()
