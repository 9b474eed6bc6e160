# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cutting a stream of samples into overlapping frames."""

from typing import Iterator

import numpy as np

from ser_ros.errors import SerError

# Full scale is 1.0, and float recordings may exceed it a little. Beyond this (+60 dBFS) the
# values are not sound: integers that nobody scaled, or bytes read in the wrong order.
MAX_AMPLITUDE = 1000.0


def check_samples(samples: np.ndarray) -> None:
    """Refuse what is not a mono signal.

    Raises:
        SerError: unless samples is a float32 array of one dimension with finite values of at most
            `MAX_AMPLITUDE`.
    """
    if not isinstance(samples, np.ndarray) or samples.dtype != np.float32:
        got = samples.dtype if isinstance(samples, np.ndarray) else type(samples).__name__
        raise SerError(f'samples must be a float32 array, not {got}')
    if samples.ndim != 1:
        raise SerError(
            f'samples must have the shape (n,), not {samples.shape}; mix the channels down first')
    if not samples.size:
        return
    # NaN is neither above nor below anything: so the test asks for what is right.
    low, high = samples.min(), samples.max()
    if not (low >= -MAX_AMPLITUDE and high <= MAX_AMPLITUDE):
        raise SerError(f'samples must be finite, with full scale at 1.0; got {low} to {high}')


class FrameBuffer:
    """Hands out overlapping frames of a stream, a limited number at a time.

    The frames are a view of one buffer made at the start: nothing is copied twice.
    """

    def __init__(self, frame_samples: int, hop_samples: int, max_frames: int):
        """Make an empty buffer.

        Args:
            frame_samples: length of a frame.
            hop_samples: step from one frame to the next, at most a frame.
            max_frames: most frames handed out at a time.
        """
        self._frame = frame_samples
        self._hop = hop_samples
        self._samples = np.zeros(frame_samples + (max_frames - 1) * hop_samples, np.float32)
        step = self._samples.strides[0]
        self._frames = np.lib.stride_tricks.as_strided(
            self._samples, (max_frames, frame_samples), (hop_samples * step, step),
            writeable=False)
        self._filled = 0

    def reset(self) -> None:
        """Forget all samples."""
        self._filled = 0

    def push(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        """Take in samples and yield the frames that are complete, shape (1..max_frames, frame).

        Each view is valid until the next one is asked for. Iterate to the end.
        """
        start = 0
        while start < len(samples):
            end = min(len(samples), start + len(self._samples) - self._filled)
            self._samples[self._filled:self._filled + end - start] = samples[start:end]
            self._filled += end - start
            start = end
            count = (self._filled - self._frame) // self._hop + 1
            if count > 0:
                yield self._frames[:count]
                self._discard(count * self._hop)

    def _discard(self, count: int) -> None:
        self._filled -= count
        self._samples[:self._filled] = self._samples[count:count + self._filled]
