# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sample rate conversion of a stream."""

from typing import Optional

import numpy as np
import soxr

from ser_ros.audio.format import SAMPLE_RATE_HZ, check_rate

_EMPTY = np.zeros(0, np.float32)


class StreamResampler:
    """Resample a mono stream piece by piece, with the result of one go over the whole signal.

    Output sample k belongs to the time k / rate_out_hz of the input: the filter's delay is taken
    out, so a part of the output comes only with later input or with `flush`.
    """

    def __init__(self, rate_in_hz: float, rate_out_hz: float = SAMPLE_RATE_HZ):
        """Prepare for two rates.

        Args:
            rate_in_hz: rate of what is pushed, 8000 to 192000.
            rate_out_hz: rate of what comes back; the same range.

        Raises:
            SerError: if a rate is outside the range.
        """
        check_rate(rate_in_hz)
        check_rate(rate_out_hz)
        self._rates = (rate_in_hz, rate_out_hz)
        self._stream = self._new_stream()

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Resample the next piece.

        Args:
            samples: float32 of shape (n,), n >= 0.

        Returns:
            float32 of shape (m,), the samples that are known by now.
        """
        if self._stream is None:
            return samples
        if samples.size == 0:
            return _EMPTY
        return self._stream.resample_chunk(samples)

    def flush(self) -> np.ndarray:
        """Return the rest of the signal; the next push starts a new one."""
        if self._stream is None:
            return _EMPTY
        rest = self._stream.resample_chunk(_EMPTY, last=True)
        self._stream = self._new_stream()
        return rest

    def _new_stream(self) -> Optional[soxr.ResampleStream]:
        if self._rates[0] == self._rates[1]:
            return None
        return soxr.ResampleStream(*self._rates, num_channels=1, dtype='float32')
