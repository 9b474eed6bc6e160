# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Chunks of sound that come twice."""

import collections
from typing import Any, Deque, Tuple

# 1 s of 20 ms chunks.
_KEPT_CHUNKS = 50


class Repeats:
    """Recognise a chunk that has come already, by its stamp and its bytes.

    Attributes:
        count: number of repeated chunks.
    """

    def __init__(self) -> None:
        self.count = 0
        self._chunks: Deque[Tuple[int, int]] = collections.deque(maxlen=_KEPT_CHUNKS)

    def has(self, stamp_ns: int, data: Any) -> bool:
        """Return whether this chunk has come already."""
        chunk = stamp_ns, hash(bytes(data))
        if chunk in self._chunks:
            self.count += 1
            return True
        self._chunks.append(chunk)
        return False
