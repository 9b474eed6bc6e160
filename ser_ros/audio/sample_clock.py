# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The time of the samples of a stream: by counting them, kept true by the stamps of its chunks."""

from typing import NamedTuple, Optional

from ser_ros.audio.format import NS_PER_S


class Tolerance(NamedTuple):
    """How far a chunk's stamp may be off the count of samples, and how the count follows it.

    Attributes:
        gain: share of the deviation by which a chunk moves the count. The time constant is the
            length of a chunk divided by it.
        followed_ns: a chunk that is later than this does not move the count.
        early_gap_ns: a chunk that is earlier than this has another clock.
        late_gap_ns: a chunk that is later than this comes after a hole; None for no such limit.
        lasting_gap_ns: several chunks in a row that are later than this come after a hole.
        lasting_chunks: number of those chunks.
    """

    gain: float
    followed_ns: int
    early_gap_ns: int
    late_gap_ns: Optional[int]
    lasting_gap_ns: int
    lasting_chunks: int


class SampleClock:
    """Counts the samples of a stream and follows the stamps of its chunks slowly.

    Stamps jitter by milliseconds. A count of samples does not, but it drifts away with the
    device's crystal.

    Args:
        rate_hz: sample rate of the chunks.
        tolerance: what makes a gap, and how the count follows the stamps.

    Attributes:
        gaps: number of gaps that `stamp` has found.
    """

    def __init__(self, rate_hz: int, tolerance: Tolerance) -> None:
        self.gaps = 0
        self._rate_hz = rate_hz
        self._tolerance = tolerance
        self._origin_ns: Optional[int] = None
        self._samples = 0
        self._late_chunks = 0

    def restart(self, stamp_ns: Optional[int] = None) -> None:
        """Count from this stamp, or from that of the next chunk: another stream begins."""
        self._origin_ns = stamp_ns
        self._samples = 0
        self._late_chunks = 0

    def stamp(self, stamp_ns: int, samples: int) -> int:
        """Return the time of a chunk's first sample; after a gap counting starts again there.

        Args:
            stamp_ns: measured time of the first sample.
            samples: number of samples in the chunk.
        """
        if self._origin_ns is None:
            self.restart(stamp_ns)
        deviation_ns = self.deviation_ns(stamp_ns)
        if self.is_gap(deviation_ns):
            self.gaps += 1
            self.restart(stamp_ns)
            deviation_ns = 0
        self.follow(deviation_ns)
        first = self._samples
        self.advance(samples)
        return self.time_ns(first, self._rate_hz)

    def deviation_ns(self, stamp_ns: int) -> int:
        """Return how much later than counted a chunk with this stamp comes."""
        return stamp_ns - self.time_ns(self._samples, self._rate_hz)

    def is_gap(self, deviation_ns: int) -> bool:
        """Return whether sound is lost or the clock was set; to be asked once for each chunk.

        A time that comes late may be a stalled process; one that stays late is a hole.
        """
        limits = self._tolerance
        self._late_chunks = self._late_chunks + 1 if deviation_ns > limits.lasting_gap_ns else 0
        return (deviation_ns < -limits.early_gap_ns
                or (limits.late_gap_ns is not None and deviation_ns > limits.late_gap_ns)
                or self._late_chunks >= limits.lasting_chunks)

    def follow(self, deviation_ns: int) -> None:
        """Move the count by a share of a chunk's deviation."""
        if deviation_ns <= self._tolerance.followed_ns:
            self._origin_ns = self._start_ns + int(self._tolerance.gain * deviation_ns)

    def advance(self, samples: int) -> None:
        """Count the samples of a chunk, or of silence in place of lost ones."""
        self._samples += samples

    def time_ns(self, sample: int, rate_hz: int) -> int:
        """Return the time of the sample with this number, as counted at a rate."""
        return self._start_ns + sample * NS_PER_S // rate_hz

    @property
    def _start_ns(self) -> int:
        assert self._origin_ns is not None, 'restart or stamp comes first'
        return self._origin_ns
