# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fundamental frequency of frames by YIN."""

from typing import Tuple

import numpy as np
import scipy.fft

TINY = np.finfo(np.float64).tiny


class Yin:
    """YIN (de Cheveigne & Kawahara 2002, JASA 111(4)) as librosa 0.11 computes it.

    The definition is pinned with its quirks: the difference function takes off the energy of
    the first k samples only, and nothing at lag 1; so silence and DC give the shortest period.
    Every step has librosa's precision and order (float32 to the cumulative sum, float64 after;
    an FFT of two frames although frame + period would do), which makes the result the same to
    the last bit. It has to be: the global minimum is often a tie within rounding, and a shorter
    FFT alone moves 0.5 % of speech frames by more than 1e-5.
    """

    def __init__(
            self, sample_rate_hz: int, min_hz: float, max_hz: float, threshold: float,
            frame_samples: int, max_frames: int):
        """Prepare for frames.

        Args:
            sample_rate_hz: rate of the samples.
            min_hz: lowest pitch; its period, rounded up, is the longest one tried.
            max_hz: highest pitch; its period, rounded down, is the shortest one tried.
            threshold: the shortest period whose trough is below this is taken.
            frame_samples: length of a frame.
            max_frames: most frames given at a time.
        """
        self._rate_hz = sample_rate_hz
        self._min_period = int(np.floor(sample_rate_hz / max_hz))
        self._max_period = min(int(np.ceil(sample_rate_hz / min_hz)), frame_samples - 1)
        self._threshold = threshold
        self._frame = frame_samples
        self._fft_size = scipy.fft.next_fast_len(2 * frame_samples - 1, real=True)
        self._lags = np.arange(1, self._max_period + 1, dtype=np.float64)
        self._rows = np.arange(max_frames)
        self._padded = np.zeros((max_frames, self._fft_size), np.float32)
        self._power = np.zeros((max_frames, self._fft_size // 2 + 1), np.complex64)
        self._energy = np.empty((max_frames, self._max_period), np.float32)
        self._difference = np.empty((max_frames, self._max_period), np.float32)
        self._mean = np.empty((max_frames, self._max_period))
        self._trough = np.empty((max_frames, self._max_period - self._min_period + 1), bool)

    def __call__(self, frames: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Estimate the pitch of frames.

        Args:
            frames: float32, shape (n, frame_samples).

        Returns:
            pitch [Hz], float64, shape (n,), for every frame, voiced or not, and the depth of its
            trough, float64, shape (n,): about 0 for a periodic frame, 1 for noise.
        """
        # Quotients of rounding errors may overflow; librosa's do as well.
        with np.errstate(all='ignore'):
            normalised = self._normalised_difference(frames)
            best = self._choose(normalised)
            rows = self._rows[:len(frames)]
            shift = self._parabolic_shift(normalised, rows, best)
        return self._rate_hz / (self._min_period + best + shift), normalised[rows, best]

    def _normalised_difference(self, frames: np.ndarray) -> np.ndarray:
        n = len(frames)
        correlation = self._autocorrelation(frames)
        first = self._padded[:n, :self._max_period]
        energy = np.multiply(first, first, out=self._energy[:n])
        np.cumsum(energy, axis=1, out=energy)
        energy[:, 0] = 0.0
        difference = np.subtract(
            correlation[:, :1], correlation[:, 1:self._max_period + 1],
            out=self._difference[:n])
        difference *= 2.0
        difference -= energy
        mean = self._mean[:n]
        np.divide(np.cumsum(difference, axis=1, out=energy), self._lags, out=mean)
        mean += TINY
        start = self._min_period - 1
        return np.divide(difference[:, start:], mean[:, start:], out=mean[:, start:])

    def _autocorrelation(self, frames: np.ndarray) -> np.ndarray:
        n = len(frames)
        self._padded[:n, :self._frame] = frames
        spectrum = scipy.fft.rfft(self._padded[:n])
        power = self._power[:n]
        np.multiply(spectrum.real, spectrum.real, out=power.real)
        power.real += np.multiply(spectrum.imag, spectrum.imag, out=spectrum.imag)
        return scipy.fft.irfft(power, self._fft_size)

    def _choose(self, normalised: np.ndarray) -> np.ndarray:
        # The first trough below the threshold; without one, the lowest point of all.
        trough = self._trough[:len(normalised)]
        np.less(normalised[:, 1:], normalised[:, :-1], out=trough[:, 1:])
        trough[:, 1:-1] &= normalised[:, 1:-1] <= normalised[:, 2:]
        trough[:, 0] = normalised[:, 0] < normalised[:, 1]
        trough &= normalised < self._threshold
        first = trough.argmax(axis=1)
        has_trough = trough[self._rows[:len(normalised)], first]
        return np.where(has_trough, first, normalised.argmin(axis=1))

    @staticmethod
    def _parabolic_shift(
            normalised: np.ndarray, rows: np.ndarray, best: np.ndarray) -> np.ndarray:
        # Position of the parabola's minimum through the three points around the best period.
        inner = np.minimum(np.maximum(best, 1), normalised.shape[1] - 2)
        before, after = normalised[rows, inner - 1], normalised[rows, inner + 1]
        curvature = after + before - 2.0 * normalised[rows, inner]
        slope = (after - before) / 2.0
        usable = (np.abs(slope) < np.abs(curvature)) & (inner == best)
        return np.divide(-slope, curvature, out=np.zeros(len(rows)), where=usable)
