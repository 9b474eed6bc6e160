# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Chunks in the order of their stamps, and single stamps that are wrong."""

from typing import Any, Iterator, NamedTuple, Optional

# A stamp that is further off than this, while those around it are right, is wrong.
_WRONG_NS = 250000000


class Chunk(NamedTuple):
    """Sound with the time of its first sample and its length [ns]."""

    stamp_ns: int
    duration_ns: int
    data: Any

    @property
    def end_ns(self) -> int:
        """Time at which it ends."""
        return self.stamp_ns + self.duration_ns


class ChunkOrder:
    """Exchange two chunks that came in the wrong order, and correct a single wrong stamp.

    A chunk that is late against the one before it waits for the next one, which shows what it is.
    All others go on at once.

    Attributes:
        count: number of chunks that came too early or had a wrong stamp.
    """

    def __init__(self) -> None:
        self.count = 0
        self._end_ns: Optional[int] = None
        self._held: Optional[Chunk] = None

    @property
    def end_ns(self) -> Optional[int]:
        """Time at which the latest chunk ends, by its stamp; None before the first one."""
        return self._end_ns if self._held is None else self._held.end_ns

    def push(self, chunk: Chunk) -> Iterator[Chunk]:
        """Take in a chunk and yield those that can go on."""
        held, self._held = self._held, None
        if held is not None:
            if self._belongs_before(chunk, held):
                self.count += 1
                chunk, held = held, chunk
            elif self._end_ns is not None and self._shows_wrong(chunk, held):
                self.count += 1
                held = held._replace(stamp_ns=self._end_ns)
            yield self._go_on(held)
        if self._must_wait(chunk):
            self._held = chunk
        else:
            yield self._go_on(chunk)

    def flush(self) -> Iterator[Chunk]:
        """Yield the chunk that waits, if any."""
        held, self._held = self._held, None
        if held is not None:
            yield self._go_on(held)

    def _late_ns(self, chunk: Chunk) -> int:
        return 0 if self._end_ns is None else chunk.stamp_ns - self._end_ns

    def _must_wait(self, chunk: Chunk) -> bool:
        late_ns = self._late_ns(chunk)
        return late_ns > chunk.duration_ns // 2 or late_ns < -_WRONG_NS

    def _belongs_before(self, chunk: Chunk, held: Chunk) -> bool:
        near_ns = chunk.duration_ns // 8
        return (abs(self._late_ns(chunk)) <= near_ns
                and abs(held.stamp_ns - chunk.end_ns) <= near_ns)

    def _shows_wrong(self, chunk: Chunk, held: Chunk) -> bool:
        late_ns = self._late_ns(chunk) - held.duration_ns
        return (abs(self._late_ns(held)) > _WRONG_NS
                and abs(late_ns) <= chunk.duration_ns // 2)

    def _go_on(self, chunk: Chunk) -> Chunk:
        self._end_ns = chunk.end_ns
        return chunk
