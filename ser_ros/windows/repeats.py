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
        code = hash(data)
        if ((stamp_ns, code) in self._chunks
                or self._is_restamped(stamp_ns, duration_ns, code, ends_ns, _is_constant(data))):
            self.count += 1
            return True
        self._chunks.append((stamp_ns, code))
        return False

    def _is_restamped(self, stamp_ns: int, duration_ns: int, code: int,
                      ends_ns: Sequence[int], is_constant: bool) -> bool:
        stamps_ns = [stamp for stamp, other in list(self._chunks)[-_SOON_CHUNKS:] if other == code]
        if is_constant:  # digital zeros repeat themselves all the time
            return self._since_restamped < _SOON_CHUNKS and any(
                abs(stamp_ns - other) < duration_ns // 4 for other in stamps_ns)
        self._in_a_row = self._in_a_row + 1 if stamps_ns else 0
        if 0 < self._in_a_row <= _MOST_IN_A_ROW and any(
                abs(stamp_ns - end) > duration_ns // 2 for end in ends_ns):
            self._since_restamped = 0
            return True
        self._since_restamped += 1
        return False


def _is_constant(data: bytes) -> bool:
    return data.count(data[:2]) * 2 >= len(data)
