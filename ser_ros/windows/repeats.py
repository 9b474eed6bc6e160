# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Chunks that come twice."""

import collections
from typing import Any, Deque, Sequence, Tuple

# 1 s of 20 ms chunks.
_KEPT_CHUNKS = 50
# Under another stamp, a relay sends a chunk soon again. Sound in a loop comes again later.
_SOON_CHUNKS = 8
# After so many in a row that seem to come twice, the sound itself is periodic.
_MOST_IN_A_ROW = 5


class Repeats:
    """Recognise a chunk that has come already, by its bytes.

    A relay may give the second one another stamp. Periodic sound, such as a test tone, repeats its
    bytes as well. But there each stamp follows the one before.

    Attributes:
        count: number of repeated chunks.
    """

    def __init__(self) -> None:
        self.count = 0
        self._in_a_row = 0
        # Chunks since the last one that was repeated under another stamp.
        self._since_restamped = _SOON_CHUNKS
        # Stamp and bytes.
        self._chunks: Deque[Tuple[int, int]] = collections.deque(maxlen=_KEPT_CHUNKS)
        self._newest: Deque[Tuple[int, int]] = collections.deque(maxlen=_SOON_CHUNKS)

    def has(self, stamp_ns: int, duration_ns: int, data: Any, ends_ns: Sequence[int]) -> bool:
        """Return whether this chunk has come already.

        Args:
            stamp_ns: its stamp.
            duration_ns: its length.
            data: its bytes.
            ends_ns: where the sound before it ends, by its stamps and by the count of samples;
                empty where it is the first one.
        """
        data = bytes(data)
        chunk = stamp_ns, hash(data)
        if chunk in self._chunks or self._is_restamped(chunk, duration_ns, data, ends_ns):
            self.count += 1
            return True
        self._chunks.append(chunk)
        self._newest.append(chunk)
        return False

    def _is_restamped(self, chunk: Tuple[int, int], duration_ns: int, data: bytes,
                      ends_ns: Sequence[int]) -> bool:
        stamp_ns, code = chunk
        stamps_ns = [stamp for stamp, other in self._newest if other == code]
        if not stamps_ns:
            self._in_a_row = 0
            self._since_restamped += 1
            return False
        if _is_constant(data):  # digital zeros repeat themselves all the time
            return self._since_restamped < _SOON_CHUNKS and any(
                abs(stamp_ns - other) < duration_ns // 4 for other in stamps_ns)
        self._in_a_row += 1
        if self._in_a_row <= _MOST_IN_A_ROW and any(
                abs(stamp_ns - end) > duration_ns // 2 for end in ends_ns):
            self._since_restamped = 0
            return True
        return False


def _is_constant(data: bytes) -> bool:
    return data.count(data[:2]) * 2 >= len(data)
