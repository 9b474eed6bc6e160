# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The level that windows are brought to, so that microphones and distances do not matter."""

import numpy as np

# Every window is brought to this level: microphones and corpora differ by 40 dB.
TARGET_DBFS = -20.0
# What is quieter counts as this quiet, so that silence stays silent.
QUIETEST_DBFS = -70.0
# Hum and wind below do not count for the level.
LEVEL_MIN_HZ = 100.0


def level_gain(mean_square: float) -> float:
    """Return what brings the power of a window of this mean square to the target level."""
    return 10.0 ** (TARGET_DBFS / 10.0) / max(mean_square, 10.0 ** (QUIETEST_DBFS / 10.0))


def spectrum_sum(fft_size: int, window: np.ndarray) -> float:
    """Return what half a power spectrum sums up to where the frame's mean square is 1.

    That is half the FFT's size times the energy of the window (Parseval).
    """
    return fft_size / 2 * np.sum(window ** 2)
