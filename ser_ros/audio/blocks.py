# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sound that is read block by block."""

import abc
from typing import Iterable, Iterator, List, Optional

import numpy as np

from ser_ros.errors import SerError


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


def join_blocks(blocks: Iterable[np.ndarray], min_samples: int) -> Iterator[np.ndarray]:
    """Yield the same samples in larger blocks, which cost less to process than many small ones.

    Args:
        blocks: samples of one dimension.
        min_samples: least size of a block; only the last one may be smaller.

    Raises:
        SerError: as the blocks do, after the samples before the error.
    """
    pending: List[np.ndarray] = []
    size = 0
    try:
        for block in blocks:
            pending.append(block)
            size += len(block)
            if size >= min_samples:
                yield np.concatenate(pending)
                pending, size = [], 0
    except SerError:
        if pending:
            yield np.concatenate(pending)
        raise
    if pending:
        yield np.concatenate(pending)
