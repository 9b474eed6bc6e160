# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Signals that are hard on features: one window of each, made on the spot."""

import numpy as np
from speech_like import speech_like

RATE_HZ = 16000
WINDOW_SAMPLES = 41664
TIME_S = np.arange(WINDOW_SAMPLES) / RATE_HZ
TONES_HZ = (50, 75, 100, 220, 440, 1000, 1234.5, 2000, 4000)


def noise(amplitude, seed=1):
    return amplitude * np.random.RandomState(seed).standard_normal(WINDOW_SAMPLES)


def voice(amplitude=0.1):
    return speech_like(WINDOW_SAMPLES, amplitude)


def chirp(low_hz, high_hz):
    sweep_hz = low_hz + (high_hz - low_hz) * TIME_S / TIME_S[-1] / 2
    return np.sin(2 * np.pi * sweep_hz * TIME_S)


def impulse():
    samples = np.zeros(WINDOW_SAMPLES)
    samples[20000] = 1.0
    return samples


def dbfs(level):
    return 10 ** (level / 20)


def eight_bit(samples):
    return np.round(samples / np.abs(samples).max() * 127) / 128


def sixteen_bit(samples):
    return np.round(samples * 32768) / 32768


def _signals():
    signals = {
        'silence': np.zeros(WINDOW_SAMPLES),
        'dc': np.full(WINDOW_SAMPLES, 0.5),
        'impulse': impulse(),
        'square': np.sign(np.sin(2 * np.pi * 333 * TIME_S) + 1e-9),
        'pulses': (np.arange(WINDOW_SAMPLES) % 1600 == 0).astype(float),
        'chirp': 0.7 * chirp(50, 4000),
        'voice': voice(),
        'clipped voice': np.clip(voice(10.0), -1, 1),
        '8-bit voice': eight_bit(voice()),
        'voice at -80 dBFS': voice(dbfs(-80)),
        '16-bit voice at -80 dBFS': sixteen_bit(voice(dbfs(-80))),
        'noise at -90 dBFS': noise(dbfs(-90)),
        'noise at -20 dBFS': noise(dbfs(-20)),
        'noise at full scale': np.clip(noise(1.0), -1, 1),
        'tone after silence': 0.3 * np.sin(2 * np.pi * 150 * TIME_S) * (TIME_S > 1.3),
    }
    for frequency_hz in TONES_HZ:
        signals[f'tone of {frequency_hz} Hz'] = 0.5 * np.sin(
            2 * np.pi * frequency_hz * TIME_S)
    return {name: samples.astype(np.float32) for name, samples in signals.items()}


SIGNALS = _signals()

# Here the spectrum outside of DC is so far below it that torch's single precision is wrong in
# the second or fourth digit of the image: compare with double precision.
DC_AND_NOISE = {
    'dc and tiny noise': (0.5 + noise(1e-5)).astype(np.float32),
    'dc and noise': (0.3 + noise(1e-3)).astype(np.float32),
    'dc at full scale': np.ones(WINDOW_SAMPLES, np.float32),
}
