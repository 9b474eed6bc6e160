# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Something like speech, for benchmarks and tests that need no recording."""

import numpy as np


def speech_like(samples: int, amplitude: float = 0.1) -> np.ndarray:
    """
    Return a gliding buzz in three syllables a second, in a little noise.

    :param samples: length, at 16 kHz.
    :param amplitude: about the RMS amplitude of the syllables.
    :returns: float64, shape (samples,).
    """
    time_s = np.arange(samples) / 16000
    phase = 2 * np.pi * np.cumsum(140 + 40 * np.sin(2 * np.pi * 0.7 * time_s)) / 16000
    buzz = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 20))
    syllables = np.maximum(0, np.sin(2 * np.pi * 3 * time_s))
    noise = 0.01 * np.random.RandomState(1).standard_normal(samples)
    return amplitude * (buzz * syllables + noise)
