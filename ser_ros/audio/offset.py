# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sound without the constant offset that some sound cards add to it."""

from typing import Iterator

import numpy as np

from ser_ros.audio.format import SAMPLE_RATE_HZ

# An offset is known from so much sound on. It is held back until then; a window is longer.
_START_SAMPLES = SAMPLE_RATE_HZ // 2
# From then on it is followed in steps of this length, with a time constant of 50 steps (5 s).
_STEP_SAMPLES = SAMPLE_RATE_HZ // 10
_MEMORY = 50
# From the first share of full scale on it is taken out, until it is below the second one. Means of
# speech without an offset stay below both: in RAVDESS, nEMO and Korean speech, the mean of a clip
# is 0.0004 at most and what is followed 0.0032.
OFFSET, _NO_OFFSET = 0.005, 0.0035


class OffsetRemover:
    """Takes a constant offset out of a stream at 16 kHz.

    Sound without an offset comes through bit by bit. What is subtracted depends only on the sound
    before, by sample count, not on how the stream is cut.

    Args:
        start_samples: sound that is held back at the beginning, to find the offset.
    """

    def __init__(self, start_samples: int = _START_SAMPLES):
        self._start_samples = min(start_samples, _START_SAMPLES)
        self.reset()

    def reset(self) -> None:
        """Forget all sound."""
        self._piece = np.empty(self._start_samples, np.float32)
        self._filled = 0
        self._started = False
        self._steps = 0
        self._mean = 0.0
        self._offset = np.float32(0.0)

    def push(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        """Take in samples, float32 (n,), and yield those that are known by now."""
        at = 0
        while at < len(samples):
            part = samples[at:at + len(self._piece) - self._filled]
            at += len(part)
            self._piece[self._filled:self._filled + len(part)] = part
            self._filled += len(part)
            if self._started:
                yield self._without(part)
            if self._filled == len(self._piece):
                yield from self._step()

    def flush(self) -> Iterator[np.ndarray]:
        """Yield what is held back, at the end of a short recording."""
        if not self._started and self._filled:
            yield from self._step()

    def _step(self) -> Iterator[np.ndarray]:
        """Follow the offset by a piece that is complete."""
        piece = self._piece[:self._filled]
        # Several steps in one at the beginning.
        steps = max(1, len(piece) // _STEP_SAMPLES)
        self._steps = min(self._steps + steps, _MEMORY)
        self._mean += steps / self._steps * (float(np.mean(piece, dtype=np.float64)) - self._mean)
        limit = _NO_OFFSET if self._offset else OFFSET
        self._offset = np.float32(self._mean if abs(self._mean) >= limit else 0.0)
        if not self._started:
            self._started = True
            yield self._without(piece)
            self._piece = np.empty(_STEP_SAMPLES, np.float32)
        self._filled = 0

    def _without(self, samples: np.ndarray) -> np.ndarray:
        return samples - self._offset if self._offset else samples


def remove_offset(samples: np.ndarray) -> np.ndarray:
    """Return a whole recording as the stream would give it."""
    remover = OffsetRemover()
    parts = [*remover.push(samples), *remover.flush()]
    return np.concatenate(parts) if parts else samples
