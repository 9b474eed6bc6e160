# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Microphones, amplifiers and telephone lines."""

import numpy as np
import soxr
from scipy import fft, signal

from ser_ros.audio.format import SAMPLE_RATE_HZ, float_to_int16, int16_to_float
from ser_ros.degrade.level import active_frames, keep_level

TELEPHONE_RATE_HZ = 8000
TELEPHONE_BAND_HZ = (300.0, 3400.0)
MU = 255.0
A = 87.6
LAWS = ('mu', 'A')
COLOUR_BANDS_HZ = np.array([50, 125, 250, 500, 1000, 2000, 4000, 8000])
LOW_GAIN_LIMIT_DB = -40.0


def to_16_bit(samples: np.ndarray) -> np.ndarray:
    """Round to 16 bits; what is beyond full scale saturates."""
    return int16_to_float(float_to_int16(samples))


def amplify(samples: np.ndarray, gain_db: float) -> np.ndarray:
    """Amplify before the conversion to 16 bits: the faint is rounded, the loud saturates."""
    return to_16_bit(samples * np.float32(10 ** (gain_db / 20)))


def clip(samples: np.ndarray, share: float) -> np.ndarray:
    """Overdrive the microphone until a share of the samples of the speech is at full scale.

    Args:
        share: of the samples in the frames with speech, (0, 1).
    """
    speech = active_frames(samples)
    limit = np.quantile(np.abs(speech), 1 - share) if speech.size else 0.0
    if limit <= 0:
        return samples.copy()
    return to_16_bit((samples / limit).astype(np.float32))


def telephone(samples: np.ndarray, law: str = 'mu') -> np.ndarray:
    """Send through a telephone line: 300 to 3400 Hz, 8 kHz, 8 bits on a logarithmic scale.

    Args:
        law: of the companding, 'mu' or 'A' (the formulas of ITU-T G.711, not its segments).
    """
    band = signal.butter(4, TELEPHONE_BAND_HZ, 'bandpass', fs=TELEPHONE_RATE_HZ, output='sos')
    narrow = soxr.resample(samples, SAMPLE_RATE_HZ, TELEPHONE_RATE_HZ)
    narrow = np.clip(signal.sosfilt(band, narrow), -1, 1)
    coded = np.rint(127 * compress(narrow, law)) / 127
    wide = soxr.resample(expand(coded, law), TELEPHONE_RATE_HZ, SAMPLE_RATE_HZ)
    return fit(wide, len(samples))


def compress(values: np.ndarray, law: str) -> np.ndarray:
    """Return values in [-1, 1] on the logarithmic scale of the law, [-1, 1]."""
    assert law in LAWS
    size = np.abs(values)
    if law == 'mu':
        return np.sign(values) * np.log1p(MU * size) / np.log1p(MU)
    steep = (1 + np.log(np.maximum(A * size, 1))) / (1 + np.log(A))
    return np.sign(values) * np.where(size < 1 / A, A * size / (1 + np.log(A)), steep)


def expand(coded: np.ndarray, law: str) -> np.ndarray:
    """Undo `compress`."""
    assert law in LAWS
    size = np.abs(coded)
    if law == 'mu':
        return np.sign(coded) * np.expm1(size * np.log1p(MU)) / MU
    scaled = size * (1 + np.log(A))
    return np.sign(coded) * np.where(scaled < 1, scaled, np.exp(scaled - 1)) / A


def colour(samples: np.ndarray, spread_db: float, generator: np.random.Generator) -> np.ndarray:
    """Change the colour of the sound as another microphone would, without its level.

    Args:
        spread_db: standard deviation of the gain from octave to octave; a tilt of up to twice that
            and a resonance come on top.
    """
    gain_db = generator.normal(0, spread_db, len(COLOUR_BANDS_HZ))
    gain_db += np.linspace(-1, 1, len(gain_db)) * generator.uniform(-spread_db, spread_db)
    size = fft.next_fast_len(len(samples) + SAMPLE_RATE_HZ // 4, real=True)
    octaves = np.log2(np.maximum(fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ), 20.0))
    curve_db = np.interp(octaves, np.log2(COLOUR_BANDS_HZ), gain_db)
    centre, width = generator.uniform(np.log2(200), np.log2(6000)), generator.uniform(0.05, 0.3)
    peak_db = generator.uniform(0, 2 * spread_db)
    curve_db += peak_db * np.exp(-0.5 * ((octaves - centre) / width) ** 2)
    gain = 10 ** (np.maximum(curve_db, LOW_GAIN_LIMIT_DB) / 20)
    coloured = fft.irfft(fft.rfft(samples, size) * gain, size)[:len(samples)]
    return keep_level(coloured, samples)


def change_speed(samples: np.ndarray, factor: float) -> np.ndarray:
    """Play faster, with a higher voice, by ``factor``: as of another speaker.

    Returns:
        float32 (about n / factor,).
    """
    return soxr.resample(samples, SAMPLE_RATE_HZ * factor, SAMPLE_RATE_HZ).astype(np.float32)


def fit(samples: np.ndarray, size: int) -> np.ndarray:
    """Return ``size`` samples as float32: cut at the end, or followed by silence."""
    return np.pad(samples[:size], (0, max(0, size - len(samples)))).astype(np.float32)
