# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From stamped chunks of any format to stamped windows of features."""

from typing import Iterator, NamedTuple, Optional

import numpy as np

from ser_ros.audio.format import check_audio_info, PcmDecoder, SAMPLE_RATE_HZ
from ser_ros.audio.resample import StreamResampler
from ser_ros.features.speaking_gate import SpeakingGate
from ser_ros.features.stream import Window, WindowStream

NS_PER_S = 1000000000
# Stamps of a driver jitter by a few buffers; what is further off is a hole in the signal.
GAP_TOLERANCE_NS = 250000000
# A hole this long is filled with silence and the window goes on; after a longer one it starts anew.
FILLED_GAP_NS = NS_PER_S
# Share of the deviation of a chunk's stamp that moves the time line: follows a device clock that
# runs at 1e-4 of its nominal rate to within a millisecond, and averages the jitter of 100 chunks.
DRIFT_GAIN = 0.01

StampedWindow = NamedTuple('StampedWindow', [
    ('window', Window),
    ('start_ns', int),
    ('end_ns', int),
    ('muted', bool),
])
StampedWindow.__doc__ = """A window with the capture times of its first and its last sample [ns]."""


class _Timeline:
    """The time of the samples of a stream, from the noisy stamps of its chunks."""

    def __init__(self, sample_rate_hz):
        self._rate_hz = sample_rate_hz
        self._samples = 0
        self._origin_ns = None  # type: Optional[int]

    def deviation_ns(self, stamp_ns):
        """Return how much later than expected a chunk with this stamp comes."""
        if self._origin_ns is None:
            self._origin_ns = stamp_ns
        return stamp_ns - self._origin_ns - self._samples * NS_PER_S // self._rate_hz

    def advance(self, samples, deviation_ns=0):
        self._origin_ns += int(DRIFT_GAIN * deviation_ns)
        self._samples += samples

    def time_ns(self, sample, rate_hz):
        """Return the time of a sample counted at another rate."""
        return self._origin_ns + sample * NS_PER_S // rate_hz


class FeatureStage:
    """
    Decode, resample and cut a stream of audio into windows of features.

    Windows are scheduled by sample count: they do not depend on how the audio is cut into chunks
    nor on when the chunks arrive.

    :param stream: makes the windows; it is reset with the stage.
    :param gate: knows when the robot itself was speaking.
    """

    def __init__(self, stream: WindowStream, gate: SpeakingGate):
        self._stream = stream
        self._gate = gate
        self._format = None
        self._decoder = None  # type: Optional[PcmDecoder]
        self.gaps = 0
        self.resets = 0

    @property
    def ready(self) -> bool:
        """Whether the format of the audio is known."""
        return self._decoder is not None

    def set_format(self, channels: int, sample_rate_hz: int, sample_format: str,
                   coding_format: str) -> None:
        """
        Take in what audio_info says of the chunks that follow.

        :raises SerError: for a format that can't be decoded; what was set before stays.
        """
        check_audio_info(channels, sample_rate_hz, sample_format, coding_format)
        new_format = (channels, sample_rate_hz, sample_format)
        if new_format != self._format:
            self._format = new_format
            self._restart()

    def _restart(self):
        channels, sample_rate_hz, sample_format = self._format
        self._decoder = PcmDecoder(sample_format, channels)
        self._resampler = StreamResampler(sample_rate_hz, SAMPLE_RATE_HZ)
        self._timeline = _Timeline(sample_rate_hz)
        self._stream.reset()

    def push(self, data, stamp_ns: int) -> Iterator[StampedWindow]:
        """
        Take in one chunk and yield the windows that it completes.

        :param data: bytes in the format that was set.
        :param stamp_ns: capture time of the first sample [ns].
        :raises SerError: if the chunk holds what is no sound (NaN); it is left out.
        """
        samples = self._decoder.push(data)
        deviation_ns = self._timeline.deviation_ns(stamp_ns)
        if abs(deviation_ns) > GAP_TOLERANCE_NS:
            self.gaps += 1
            if 0 < deviation_ns <= FILLED_GAP_NS:
                for window in self._fill(deviation_ns):
                    yield window
            else:
                self.resets += 1
                self._restart()
            deviation_ns = self._timeline.deviation_ns(stamp_ns)
        self._timeline.advance(len(samples), deviation_ns)
        for window in self._push_samples(samples):
            yield window

    def _fill(self, missing_ns):
        missing = missing_ns * self._format[1] // NS_PER_S
        self._timeline.advance(missing)
        return self._push_samples(np.zeros(missing, np.float32))

    def _push_samples(self, samples):
        for window in self._stream.push(self._resampler.push(samples)):
            start_ns = self._timeline.time_ns(window.start_sample, SAMPLE_RATE_HZ)
            end_ns = self._timeline.time_ns(window.end_sample - 1, SAMPLE_RATE_HZ)
            yield StampedWindow(window, start_ns, end_ns, self._gate.touches(start_ns, end_ns))
