# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps of a stream: by counting samples, kept true by the device's own times."""

from ser_ros.audio.format import SAMPLE_RATE_HZ

SAMPLE_NS = 10 ** 9 // SAMPLE_RATE_HZ

# Beyond this the stream has a hole, or somebody set the clock.
_GAP_NS = 100 * 10 ** 6

# A time that comes late may be a stalled process; one that stays late this long is a hole.
_LATE_CHUNKS = 5

# Share of the difference that a chunk takes over: 20 ms / 5 s, so the time constant is 5 s. The
# 100 parts in a million that crystals differ by then make 0.5 ms.
_CORRECTION = 0.004


class StampClock:
    """
    Give each chunk the capture time of its first sample.

    Measured times jitter by milliseconds; a count of samples does not, but drifts away with the
    device's crystal. So samples are counted, and the count follows the measured times slowly.

    Attributes:
        gaps: how often the measured time jumped by over 0.1 s and counting began anew there.
    """

    def __init__(self):
        self.gaps = 0
        self._next_ns = None
        self._late_chunks = 0

    def restart(self) -> None:
        """Take the next measured time as it is: another stream begins."""
        self._next_ns = None

    def stamp(self, measured_ns: int, n_samples: int) -> int:
        """
        Return the stamp of the next chunk.

        :param measured_ns: measured capture time of its first sample.
        :param n_samples: its length.
        """
        stamp_ns = self._corrected(measured_ns)
        self._next_ns = stamp_ns + n_samples * SAMPLE_NS
        return stamp_ns

    def _corrected(self, measured_ns):
        if self._next_ns is None:
            return measured_ns
        error_ns = measured_ns - self._next_ns
        if abs(error_ns) <= _GAP_NS:
            self._late_chunks = 0
            return self._next_ns + int(error_ns * _CORRECTION)
        self._late_chunks += 1
        if error_ns > 0 and self._late_chunks < _LATE_CHUNKS:
            return self._next_ns
        self._late_chunks = 0
        self.gaps += 1
        return measured_ns
