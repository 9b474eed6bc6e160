# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The reference for mel_yin_rms/1: librosa 0.11 and torch, a whole window at a time."""

import librosa
import numpy as np
import torch

FRAME, HOP, BANDS = 1024, 320, 128


def mel_filterbank() -> torch.Tensor:
    """Compute torchaudio.functional.melscale_fbanks(513, 50, 8000, 128, 16000, None, 'htk')."""
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (50.0, 8000.0))
    mel = torch.linspace(low, high, BANDS + 2)
    corners = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    widths = corners[1:] - corners[:-1]
    slopes = corners[None] - torch.linspace(0, 8000, FRAME // 2 + 1)[:, None]
    falling, rising = slopes[:, 2:] / widths[1:], -slopes[:, :-2] / widths[:-1]
    return torch.clamp(torch.minimum(falling, rising), min=0.0)


FILTERBANK = mel_filterbank()


def mel_db(samples: np.ndarray, dtype: torch.dtype = torch.float32) -> np.ndarray:
    """Return the mel spectrogram [dB], floor 80 dB below its maximum, shape (128, T).

    Args:
        dtype: precision of everything but the filterbank.
    """
    spectrum = torch.stft(
        torch.from_numpy(samples).to(dtype), FRAME, HOP, FRAME,
        torch.hann_window(FRAME, dtype=dtype), center=False, return_complex=True)
    power = spectrum.abs() ** 2
    mel = torch.matmul(power.T, FILTERBANK.to(dtype)).T
    decibels = 10.0 * torch.log10(torch.clamp(mel, min=1e-10))
    return torch.maximum(decibels, decibels.max() - 80.0).numpy()


def f0_hz(samples: np.ndarray) -> np.ndarray:
    """Return librosa's YIN pitch [Hz], float64 (T,)."""
    return librosa.yin(samples, fmin=50, fmax=8000, sr=16000, frame_length=FRAME,
                       hop_length=HOP, trough_threshold=0.1, center=False)


def rms(samples: np.ndarray) -> np.ndarray:
    """Return the RMS amplitude, float32 (T,)."""
    return librosa.feature.rms(y=samples, frame_length=FRAME, hop_length=HOP, center=False)[0]


def min_max_scale(values: np.ndarray) -> np.ndarray:
    """Scale to [0, 1]; what is constant becomes 0."""
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def image(samples: np.ndarray, mel_dtype: torch.dtype = torch.float32) -> np.ndarray:
    """Return a window's image, float32 (3, 128, 128); mel_dtype as for `mel_db`."""
    rows = [np.broadcast_to(min_max_scale(row), (BANDS, BANDS))
            for row in (f0_hz(samples), rms(samples))]
    return np.stack([min_max_scale(mel_db(samples, mel_dtype)), *rows]).astype(np.float32)
