# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pieces of any size to chunks of one size."""

from typing import Optional

import numpy as np

from ser_ros.audio.format import CHUNK_SAMPLES


class Chunker:
    """A queue of int16 samples that are put in as they come and taken out in chunks of 320."""

    def __init__(self) -> None:
        self._samples = np.zeros(0, np.int16)
        self._at = 0

    def push(self, samples: np.ndarray) -> None:
        """Append int16 samples of shape (n,); the caller must not change them afterwards."""
        if self._at == self._samples.size:
            self._samples = samples
        else:
            self._samples = np.concatenate((self._samples[self._at:], samples))
        self._at = 0

    def pop(self) -> Optional[np.ndarray]:
        """Return the oldest 320 samples, or None while there are fewer."""
        end = self._at + CHUNK_SAMPLES
        if end > self._samples.size:
            return None
        chunk = self._samples[self._at:end]
        self._at = end
        return chunk

    def pad(self) -> None:
        """Append the zeros that complete the last chunk."""
        missing = -(self._samples.size - self._at) % CHUNK_SAMPLES
        if missing:
            self.push(np.zeros(missing, np.int16))
