# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From stamped chunks of any format to stamped windows of features."""

from typing import Any, Iterator, NamedTuple, Optional

import numpy as np

from ser_ros.audio.channels import AUTO
from ser_ros.audio.format import (
    NS_PER_S,
    SAMPLE_NS,
    SAMPLE_RATE_HZ,
    PcmDecoder,
    check_audio_info,
    sample_bytes,
)
from ser_ros.audio.resample import StreamResampler
from ser_ros.audio.sample_clock import SampleClock, Tolerance
from ser_ros.errors import SerError
from ser_ros.windows.chunk_order import Chunk, ChunkOrder
from ser_ros.windows.lost_sound import LostSound
from ser_ros.windows.repeats import Repeats
from ser_ros.windows.speaking_gate import SpeakingGate
from ser_ros.windows.window_stream import Window, WindowStream

# Stamps of a driver jitter by a few buffers. A chunk that is further off, or a few one after the
# other that are so by less, come after a hole in the signal. The gain follows a device clock that
# runs at 1e-4 of its nominal rate to within a millisecond, and averages the jitter of 100 chunks.
MESSAGES = Tolerance(
    gain=0.01, followed_ns=250000000, early_gap_ns=250000000, late_gap_ns=250000000,
    lasting_gap_ns=100000000, lasting_chunks=3)
# A hole this long is filled with silence and the window goes on; after a longer one it restarts.
FILLED_GAP_NS = NS_PER_S
# After a longer hole the stamps have jumped, or nobody meant to be heard.
LOST_GAP_NS = 10 * NS_PER_S


class StampedWindow(NamedTuple):
    """A window with the capture times of its first and its last sample [ns].

    Attributes:
        muted: whether the robot itself was speaking.
        missing_share: share of the window whose sound is lost, [0, 1].
    """

    window: Window
    start_ns: int
    end_ns: int
    muted: bool
    missing_share: float


class _Format(NamedTuple):
    channels: int
    sample_rate_hz: int
    sample_format: str

    @property
    def bytes_per_s(self) -> int:
        """Bytes of a second of sound."""
        return self.channels * sample_bytes(self.sample_format) * self.sample_rate_hz


class _Input:
    """What depends on the format of the audio, from one restart to the next."""

    def __init__(self, audio_format: _Format, first_stamp_ns: int, channel: str):
        self.rate_hz = audio_format.sample_rate_hz
        self.decoder = PcmDecoder(audio_format.sample_format, audio_format.channels, channel)
        self.resampler = StreamResampler(self.rate_hz, SAMPLE_RATE_HZ)
        self.clock = SampleClock(self.rate_hz, MESSAGES)
        self.clock.restart(first_stamp_ns)


class FeatureStage:
    """Decode, resample and cut a stream of audio into windows of features.

    Windows are scheduled by sample count: they do not depend on how the audio is cut into chunks
    nor on when the chunks arrive.

    Args:
        stream: makes the windows; it is reset with the stage.
        gate: knows when the robot itself was speaking.
        channel: how several channels become one, see `ser_ros.audio.channels.ChannelMixer`.
    """

    def __init__(self, stream: WindowStream, gate: SpeakingGate, channel: str = AUTO):
        self._channel = channel
        self._stream = stream
        self._gate = gate
        self._format: Optional[_Format] = None
        self._bytes_per_s = 0
        self._input: Optional[_Input] = None
        #: Holes in the signal so far, and how many of them were too long to fill.
        self.gaps = 0
        self.restarts = 0
        #: What is missing, and what came twice.
        self.lost = LostSound()
        self.repeats = Repeats()
        self.order = ChunkOrder()

    @property
    def ready(self) -> bool:
        """Whether the format of the audio is known."""
        return self._format is not None

    def set_format(self, channels: int, sample_rate_hz: int, sample_format: str,
                   coding_format: str) -> None:
        """Take in what audio_info says of the chunks that follow.

        Raises:
            SerError: for a format that can't be decoded; the stage is then not ready until one is
                set that can.
        """
        try:
            check_audio_info(channels, sample_rate_hz, sample_format, coding_format)
        except SerError:
            self._format = self._input = None
            raise
        new_format = _Format(channels, sample_rate_hz, sample_format)
        if new_format != self._format:
            self._format = new_format
            self._bytes_per_s = new_format.bytes_per_s
            self._input = None
            self.order = ChunkOrder()

    def push(self, data: Any, stamp_ns: int) -> Iterator[StampedWindow]:
        """Take in one chunk and yield the windows that it completes.

        A repeated chunk completes none. One that is late may wait for the next one, see
        `ChunkOrder`.

        Args:
            data: bytes in the format that was set.
            stamp_ns: capture time of the first sample [ns].

        Raises:
            SerError: if the chunk cannot be decoded, see `PcmDecoder`; it is left out.
        """
        assert self._bytes_per_s, 'set_format comes before push'
        duration_ns = memoryview(data).nbytes * NS_PER_S // self._bytes_per_s
        ends_ns = [end for end in (self.order.end_ns, self.heard_ns) if end is not None]
        if self.repeats.has(stamp_ns, duration_ns, data, ends_ns):
            return
        for chunk in self.order.push(Chunk(stamp_ns, duration_ns, data)):
            for window in self._take(chunk.data, chunk.stamp_ns):
                yield window

    def _take(self, data: Any, stamp_ns: int) -> Iterator[StampedWindow]:
        source = self._input or self._restart(stamp_ns)
        deviation_ns = source.clock.deviation_ns(stamp_ns)
        if source.clock.is_gap(deviation_ns):
            self.gaps += 1
            if 0 < deviation_ns <= FILLED_GAP_NS:
                silence = np.zeros(deviation_ns * source.rate_hz // NS_PER_S, np.float32)
                source.clock.advance(len(silence))
                self.lost.hole(deviation_ns, filled=True)
                for window in self._windows(source, silence):
                    yield window
            else:
                self.restarts += 1
                if 0 < deviation_ns <= LOST_GAP_NS:
                    self.lost.hole(deviation_ns, filled=False)
                if deviation_ns < 0:
                    self._gate.forget_after(stamp_ns + NS_PER_S)
                source = self._restart(stamp_ns)
            deviation_ns = source.clock.deviation_ns(stamp_ns)
        samples = source.decoder.push(data)
        source.clock.follow(deviation_ns)
        source.clock.advance(len(samples))
        self.lost.hear(stamp_ns, len(samples) * NS_PER_S // source.rate_hz)
        for window in self._windows(source, samples):
            yield window

    def missing_ns(self, stamp_ns: int) -> Optional[int]:
        """Return how much sound there is yet to come up to a time, None while there is none."""
        return None if self._input is None else self._input.clock.deviation_ns(stamp_ns)

    @property
    def problem(self) -> str:
        """What is wrong with the channels of the audio; '' if nothing."""
        return '' if self._input is None else self._input.decoder.problem

    @property
    def heard_ns(self) -> Optional[int]:
        """The time up to which there is sound; None while there is none."""
        return None if self._input is None else -self._input.clock.deviation_ns(0)

    def finish(self) -> Iterator[StampedWindow]:
        """End a recording, see `WindowStream.finish`; what comes next is another one."""
        for chunk in self.order.flush():
            yield from self._take(chunk.data, chunk.stamp_ns)
        source, self._input = self._input, None
        if source is not None:
            yield from self._stamped(source, self._stream.finish())

    def _restart(self, stamp_ns: int) -> _Input:
        assert self._format is not None, 'set_format comes before push'
        self._input = _Input(self._format, stamp_ns, self._channel)
        self._stream.reset()
        self.lost.restart()
        return self._input

    def _windows(self, source: _Input, samples: np.ndarray) -> Iterator[StampedWindow]:
        return self._stamped(source, self._stream.push(source.resampler.push(samples)))

    def _stamped(self, source: _Input, windows: Iterator[Window]) -> Iterator[StampedWindow]:
        for window in windows:
            start_ns = source.clock.time_ns(window.start_sample, SAMPLE_RATE_HZ)
            end_ns = source.clock.time_ns(window.end_sample - 1, SAMPLE_RATE_HZ)
            yield StampedWindow(
                window, start_ns, end_ns, self._gate.touches(start_ns, end_ns),
                self.lost.share(window.start_sample * SAMPLE_NS, window.end_sample * SAMPLE_NS))
