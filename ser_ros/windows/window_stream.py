# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A stream of samples in, one window of features every period out."""

from dataclasses import dataclass
from typing import Iterable, Iterator

import numpy as np

from ser_ros.audio.offset import OffsetRemover
from ser_ros.errors import SerError
from ser_ros.features.base import FeatureExtractor
from ser_ros.features.framing import check_samples
from ser_ros.features.level import level_dbfs
from ser_ros.windows.voice_activity import VoiceActivity

MIN_PERIOD_S = 0.1
MAX_PERIOD_S = 5.0


@dataclass(frozen=True)
class Window:
    """What is known of one window of sound.

    Attributes:
        index: number of the window, from 0.
        start_sample, end_sample: its first sample and the one after its last, counted since the
            reset.
        input: the model's input, float32; overwritten when the next window is made.
        speech_probability: share of the window that is speech, [0, 1], in single precision.
        recent_speech_probability: share of its newest part, one period long (at most the window).
        level_dbfs: RMS level of the newest part [dB re full scale], -120..0.
        pitch_hz: median pitch of the window's voiced frames [Hz], NaN without any.
    """

    index: int
    start_sample: int
    end_sample: int
    input: np.ndarray
    speech_probability: float
    recent_speech_probability: float
    level_dbfs: float
    pitch_hz: float


def check_period(period_s: float, hop_s: float) -> int:
    """Return a period as a number of hops.

    Raises:
        SerError: unless the period is a whole number of hops and 0.1 to 5 s.
    """
    hops = round(period_s / hop_s) if MIN_PERIOD_S <= period_s <= MAX_PERIOD_S else 0
    if not hops or abs(hops * hop_s - period_s) > 1e-6:
        raise SerError(
            f'period must be a multiple of {hop_s} s from {MIN_PERIOD_S} to {MAX_PERIOD_S} s, not '
            f'{period_s}')
    return hops


class WindowStream:
    """Joins features, voice activity, level and pitch into windows, scheduled by sample count.

    The first window is complete with the extractor's window_samples, the others one period
    apart. How the sound is cut into pushes changes nothing. A constant offset of the sound is
    taken out first.
    """

    def __init__(self, extractor: FeatureExtractor, voice_activity: VoiceActivity,
                 period_s: float = 0.5):
        """Make an empty stream.

        Args:
            extractor: of the feature set; used by this stream alone from now on.
            voice_activity: likewise.
            period_s: time from one window to the next [s], a whole number of hops, 0.1..5.

        Raises:
            SerError: for another period.
        """
        self._extractor = extractor
        self._voice_activity = voice_activity
        hop_s = extractor.hop_samples / extractor.sample_rate_hz
        self._period = check_period(period_s, hop_s) * extractor.hop_samples
        voice_activity.keep(extractor.window_samples)
        self._newest = np.zeros(min(self._period, extractor.window_samples), np.float32)
        self._input = np.empty(extractor.input_shape, np.float32)
        self._offset = OffsetRemover(extractor.window_samples)
        self.reset()

    @property
    def min_samples(self) -> int:
        """Length up to which silence follows a shorter recording before it is degraded."""
        return self._extractor.min_samples

    @property
    def window_s(self) -> float:
        """Length of a window [s]."""
        return self._extractor.window_samples / self._extractor.sample_rate_hz

    @property
    def period_s(self) -> float:
        """Time from one window to the next [s]."""
        return self._period / self._extractor.sample_rate_hz

    def reset(self) -> None:
        """Forget all sound; the next window has index 0 again."""
        self._offset.reset()
        self._extractor.reset()
        self._voice_activity.reset()
        self._samples = 0
        self._index = 0

    def push(self, samples: np.ndarray) -> Iterator[Window]:
        """Take in the next samples and yield the windows that they complete.

        Iterate to the end: samples after the last window yielded are taken in only then.

        Args:
            samples: float32, shape (n,), at the extractor's rate, full scale is 1.0.

        Raises:
            SerError: for another dtype or shape, NaN or infinity, at once.
        """
        check_samples(samples)
        return self._windows(self._offset.push(samples))

    def recording(self, chunks: Iterable[np.ndarray]) -> Iterator[Window]:
        """Yield the windows of a whole recording, at least one; see `push` and `finish`.

        Args:
            chunks: its samples, in pieces of any size.
        """
        self.reset()
        for samples in chunks:
            yield from self.push(samples)
        yield from self.finish()

    def finish(self) -> Iterator[Window]:
        """End a recording: where it is shorter than a window, silence follows up to one.

        Yields:
            That window; none where there were windows before, or no sound at all.
        """
        yield from self._windows(self._offset.flush())
        if 0 < self._samples < self._extractor.window_samples:
            missing = self._extractor.window_samples - self._samples
            yield from self._windows([np.zeros(missing, np.float32)])

    def _windows(self, pieces: Iterable[np.ndarray]) -> Iterator[Window]:
        for samples in pieces:
            yield from self._windows_of(samples)

    def _windows_of(self, samples: np.ndarray) -> Iterator[Window]:
        start = 0
        while start < len(samples):
            due = self._extractor.window_samples + self._index * self._period
            part = samples[start:start + due - self._samples]
            start += len(part)
            self._extractor.push(part)
            self._voice_activity.push(part)
            self._keep_newest(part)
            self._samples += len(part)
            if self._samples == due:
                yield self._window()

    def _keep_newest(self, part: np.ndarray) -> None:
        # Each sample has its place by number, so that sums round the same however it came.
        size = len(self._newest)
        skipped = max(0, len(part) - size)
        part = part[skipped:]
        start = (self._samples + skipped) % size
        head = min(len(part), size - start)
        self._newest[start:start + head] = part[:head]
        self._newest[:len(part) - head] = part[head:]

    def _window(self) -> Window:
        window = Window(
            index=self._index,
            start_sample=self._samples - self._extractor.window_samples,
            end_sample=self._samples,
            input=self._extractor.input(self._input),
            speech_probability=self._speech_probability(self._extractor.window_samples),
            recent_speech_probability=self._speech_probability(len(self._newest)),
            level_dbfs=level_dbfs(self._newest),
            pitch_hz=self._extractor.pitch_hz())
        self._index += 1
        return window

    def _speech_probability(self, samples: int) -> float:
        # In single precision, as it goes through the graph's messages: so the speech gate decides
        # the same on either side of them.
        return float(np.float32(self._voice_activity.probability(samples)))
