# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps for sound that has none: its time of arrival, without the jitter of the way."""

from typing import Any, Callable

from ser_ros.audio.format import NS_PER_S, sample_bytes
from ser_ros.audio.sample_clock import SampleClock, Tolerance

# Chunks that a busy computer delays come late, then all at once: no sound is lost by that. After
# more than this nobody has sent any.
_PAUSE_NS = 2 * NS_PER_S
_TOLERANCE = Tolerance(
    gain=0.01, followed_ns=_PAUSE_NS, early_gap_ns=_PAUSE_NS, late_gap_ns=_PAUSE_NS,
    lasting_gap_ns=_PAUSE_NS, lasting_chunks=1)


class ArrivalClock:
    """Counts the samples from the arrival of the first chunk on, and follows later ones slowly.

    Args:
        now_ns: returns the time [ns].
        channels: number of interleaved channels.
        rate_hz: sample rate.
        sample_format: such as S16LE.
    """

    def __init__(self, now_ns: Callable[[], int], channels: int, rate_hz: int, sample_format: str):
        self._now_ns = now_ns
        self._rate_hz = rate_hz
        self._frame_bytes = channels * sample_bytes(sample_format)
        self._clock = SampleClock(rate_hz, _TOLERANCE)

    def stamp_ns(self, data: Any) -> int:
        """Return the time of the first sample of a chunk that has just arrived.

        Args:
            data: bytes, or whatever gives them.
        """
        samples = memoryview(data).nbytes // self._frame_bytes
        arrival_ns = self._now_ns() - samples * NS_PER_S // self._rate_hz
        return self._clock.stamp(arrival_ns, samples)
