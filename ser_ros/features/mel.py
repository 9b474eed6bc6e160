# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Mel spectrum of frames, in dB."""

import numpy as np
import scipy.fft

# Powers below this count as this, as in librosa.power_to_db and torchaudio's AmplitudeToDB:
# digital silence becomes a number, and rounding noise does not become a picture.
MIN_POWER = 1e-10


def mel_filterbank(corners_hz: np.ndarray, sample_rate_hz: int, fft_size: int) -> np.ndarray:
    """
    Return triangular filters of height 1.

    The same, to the last bit, as torchaudio.functional.melscale_fbanks with norm=None.

    :param corners_hz: float32, shape (bands + 2,): band i rises from corner i to i + 1 and falls
        to i + 2.
    :returns: float32, shape (fft_size // 2 + 1, bands).
    """
    frequencies_hz = np.linspace(0.0, sample_rate_hz / 2, fft_size // 2 + 1, dtype=np.float32)
    widths_hz = np.diff(corners_hz)
    distances_hz = corners_hz - frequencies_hz[:, np.newaxis]
    rising = -distances_hz[:, :-2] / widths_hz[:-1]
    falling = distances_hz[:, 2:] / widths_hz[1:]
    return np.maximum(np.float32(0.0), np.minimum(rising, falling))


class MelSpectrum:
    """
    Mel spectrum of frames: periodic Hann window, power, triangular filters, dB.

    Computed in double precision, stored in single: single-precision FFTs alone (torch's and
    scipy's) put two implementations up to 2e-5 of the image apart. The filters are applied as
    one gather and one segmented sum, which, unlike a matrix product, rounds the same however
    many frames there are at a time, and touches only the 1.5 % of weights that are not zero.
    """

    def __init__(self, filterbank: np.ndarray, frame_samples: int, max_frames: int):
        """
        Prepare for frames.

        :param filterbank: shape (frame_samples // 2 + 1, bands), no band without a weight.
        :param frame_samples: length of a frame and of its FFT.
        :param max_frames: most frames given at a time.
        """
        self._window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(frame_samples) / frame_samples)
        bands, self._bins = np.nonzero(filterbank.T)
        self._weights = filterbank[self._bins, bands]
        self._starts = np.searchsorted(bands, np.arange(filterbank.shape[1]))
        self._windowed = np.empty((max_frames, frame_samples))
        self._power = np.empty((max_frames, frame_samples // 2 + 1))
        self._weighted = np.empty((max_frames, len(self._bins)))
        self._mel = np.empty((max_frames, filterbank.shape[1]))

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """
        Return the mel spectrum [dB re 1.0], at least -100.

        :param frames: float32, shape (n, frame_samples).
        :returns: float64, shape (n, bands), valid until the next call.
        """
        n = len(frames)
        windowed = np.multiply(frames, self._window, out=self._windowed[:n])
        spectrum = scipy.fft.rfft(windowed)
        power = np.multiply(spectrum.real, spectrum.real, out=self._power[:n])
        power += np.multiply(spectrum.imag, spectrum.imag, out=spectrum.imag)
        # mode='clip' lets numpy write to out directly; the indices are all valid.
        weighted = np.take(power, self._bins, axis=1, out=self._weighted[:n], mode='clip')
        weighted *= self._weights
        mel = np.add.reduceat(weighted, self._starts, axis=1, out=self._mel[:n])
        np.maximum(mel, MIN_POWER, out=mel)
        np.log10(mel, out=mel)
        mel *= 10.0
        return mel
