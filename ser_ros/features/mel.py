# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Mel spectrum of frames."""

import numpy as np
import scipy.fft

# Powers below this count as this, as in librosa.power_to_db and torchaudio's AmplitudeToDB:
# digital silence becomes a number, and rounding noise does not become a picture.
MIN_POWER = 1e-10


def mel_filterbank(corners_hz: np.ndarray, sample_rate_hz: int, fft_size: int) -> np.ndarray:
    """Return triangular filters of height 1.

    The same, to the last bit, as torchaudio.functional.melscale_fbanks with norm=None.

    Args:
        corners_hz: float32, shape (bands + 2,): band i rises from corner i to i + 1 and falls to i
            + 2.

    Returns:
        float32, shape (fft_size // 2 + 1, bands).
    """
    frequencies_hz = np.linspace(0.0, sample_rate_hz / 2, fft_size // 2 + 1, dtype=np.float32)
    return triangles(frequencies_hz, corners_hz)


def triangles(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Return triangles of height 1 over the corners, at some points of the same scale.

    Args:
        points: shape (n,).
        corners: shape (bands + 2,), as for `mel_filterbank`.

    Returns:
        shape (n, bands).
    """
    widths = np.diff(corners)
    distances = corners - points[:, np.newaxis]
    rising = -distances[:, :-2] / widths[:-1]
    falling = distances[:, 2:] / widths[1:]
    return np.maximum(points.dtype.type(0.0), np.minimum(rising, falling))


def hann(length: int, periodic: bool) -> np.ndarray:
    """Return the Hann window: one period of a cosine, with or without its last point."""
    points = length if periodic else length - 1
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / points)


def power_to_db(power: np.ndarray) -> np.ndarray:
    """Turn powers into dB re 1.0, at least -100, in place."""
    np.maximum(power, MIN_POWER, out=power)
    np.log10(power, out=power)
    power *= 10.0
    return power


class MelSpectrum:
    """Mel spectrum of frames: window, power, filters.

    Computed in double precision: single-precision FFTs alone (torch's and scipy's) put two
    implementations up to 2e-5 of the image apart. The filters are applied as one gather and one
    segmented sum, which, unlike a matrix product, rounds the same however many frames there are
    at a time, and touches only the 1.5 % of weights that are not zero.
    """

    def __init__(self, filterbank: np.ndarray, window: np.ndarray, max_frames: int):
        """Prepare for frames.

        Args:
            filterbank: weights of the power, shape (fft_size // 2 + 1, bands), no band without a
                weight.
            window: shape (frame_samples,); a frame shorter than the FFT is followed by zeros.
            max_frames: most frames given at a time.
        """
        self._window = window
        self._fft_size = 2 * (len(filterbank) - 1)
        bands, self._bins = np.nonzero(filterbank.T)
        self._weights = filterbank[self._bins, bands]
        self._starts = np.searchsorted(bands, np.arange(filterbank.shape[1]))
        self._windowed = np.zeros((max_frames, self._fft_size))
        self._power = np.empty((max_frames, len(filterbank)))
        self._weighted = np.empty((max_frames, len(self._bins)))
        self._mel = np.empty((max_frames, filterbank.shape[1]))

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Return the power in each band.

        Args:
            frames: float32, shape (n, frame_samples).

        Returns:
            float64, shape (n, bands), valid until the next call.
        """
        n, length = frames.shape
        np.multiply(frames, self._window, out=self._windowed[:n, :length])
        spectrum = scipy.fft.rfft(self._windowed[:n])
        power = np.multiply(spectrum.real, spectrum.real, out=self._power[:n])
        power += np.multiply(spectrum.imag, spectrum.imag, out=spectrum.imag)
        # mode='clip' lets numpy write to out directly; the indices are all valid.
        weighted = np.take(power, self._bins, axis=1, out=self._weighted[:n], mode='clip')
        weighted *= self._weights
        return np.add.reduceat(weighted, self._starts, axis=1, out=self._mel[:n])
