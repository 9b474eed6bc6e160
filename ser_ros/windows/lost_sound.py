# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much sound of a stream is missing, by its stamps and the count of its samples."""

import collections
from typing import Deque, NamedTuple, Optional, Tuple

from ser_ros.audio.format import NS_PER_S

#: From this share of lost sound on, a stream is reported.
WARNED_SHARE = 0.01
#: A window of which this share or more is lost says nothing.
UNANSWERED_SHARE = 0.2
# What is reported is the share of this time.
RECENT_NS = 10 * NS_PER_S
# Longer than any window.
_KEPT_NS = 20 * NS_PER_S
# The least late chunk of this time, and of at least so many chunks, shows how late the sound is.
_JITTER_NS = NS_PER_S // 2
_JITTER_CHUNKS = 3
# The crystal of a device is off by up to 1e-3. It is followed with this time constant, and what
# is left of it stays under the step from which on sound counts as lost.
_DRIFT_NS = 4 * NS_PER_S
_STEP_NS = 5000000


class _Loss(NamedTuple):
    """Lost sound: how much, and where the stream goes on; both in ns of the stream."""

    position_ns: int
    lost_ns: int
    filled: bool


class LostSound:
    """Measure lost sound in a stream of stamped chunks.

    A stamp is late where sound before it is lost, but also where a process was busy. The latter
    passes: a loss is a lateness that the least late chunk of half a second has.

    Attributes:
        total_ns: all lost sound so far [ns].
    """

    def __init__(self) -> None:
        self.total_ns = 0
        self._position_ns = 0
        self._losses: Deque[_Loss] = collections.deque()
        self.restart()

    def restart(self) -> None:
        """Begin another time line, with the next chunk."""
        self._start_ns = self._position_ns
        self._expected_ns: Optional[int] = None
        # End of each chunk, and how late it is.
        self._latenesses_ns: Deque[Tuple[int, int]] = collections.deque()
        self._usual_ns: Optional[float] = None

    def hear(self, stamp_ns: int, duration_ns: int) -> None:
        """Take in a chunk.

        Args:
            stamp_ns: stamp of its first sample.
            duration_ns: its length.
        """
        if self._expected_ns is None:
            self._expected_ns = stamp_ns
        lateness_ns = stamp_ns - self._expected_ns
        self._advance(duration_ns)
        recent = self._latenesses_ns
        recent.append((self._position_ns, lateness_ns))
        if self._position_ns - recent[0][0] < _JITTER_NS or len(recent) < _JITTER_CHUNKS:
            return
        least_ns = min(lateness for _, lateness in recent)
        while (self._position_ns - recent[0][0] >= _JITTER_NS
               and len(recent) >= _JITTER_CHUNKS):
            recent.popleft()
        self._compare(least_ns, duration_ns)

    def _compare(self, least_ns: int, duration_ns: int) -> None:
        if self._usual_ns is None:
            if self._position_ns - self._start_ns < 2 * _JITTER_NS:
                return  # the first chunks may have waited in a buffer
            self._usual_ns = least_ns
        risen_ns = least_ns - self._usual_ns
        if abs(risen_ns) < _STEP_NS:
            self._usual_ns += risen_ns * min(1.0, duration_ns / _DRIFT_NS)
            return
        self._usual_ns = least_ns
        # Less late: what was counted had been late only.
        self._lose(max(int(risen_ns), -self.total_ns), filled=False)

    def hole(self, duration_ns: int, filled: bool) -> None:
        """Take in a hole that was found by other means, before the next chunk.

        Args:
            duration_ns: its length.
            filled: whether silence of this length is in its place.
        """
        self._lose(duration_ns, filled)
        if filled:
            self._advance(duration_ns)

    def _lose(self, lost_ns: int, filled: bool) -> None:
        self.total_ns += lost_ns
        self._losses.append(_Loss(self._position_ns, lost_ns, filled))
        while self._losses[0].position_ns < self._position_ns - _KEPT_NS:
            self._losses.popleft()

    def _advance(self, duration_ns: int) -> None:
        self._position_ns += duration_ns
        if self._expected_ns is not None:
            self._expected_ns += duration_ns

    @property
    def recent_share(self) -> float:
        """Share of the last 10 s that is lost, [0, 1]."""
        return self._share(max(0, self._position_ns - RECENT_NS), self._position_ns)

    def share(self, start_ns: int, end_ns: int) -> float:
        """Return the share of a window that is lost, [0, 1].

        Args:
            start_ns: where it starts, in the samples since the restart.
            end_ns: where it ends.
        """
        return self._share(self._start_ns + start_ns, self._start_ns + end_ns)

    def _share(self, start_ns: int, end_ns: int) -> float:
        silence_ns = spliced_ns = 0
        for loss in self._losses:
            if loss.filled:
                first_ns = max(start_ns, loss.position_ns)
                silence_ns += max(0, min(end_ns, loss.position_ns + loss.lost_ns) - first_ns)
            elif start_ns < loss.position_ns <= end_ns:
                spliced_ns += loss.lost_ns
        lasts_ns = end_ns - start_ns + max(0, spliced_ns)
        return max(0, silence_ns + spliced_ns) / lasts_ns if lasts_ns > 0 else 0.0
