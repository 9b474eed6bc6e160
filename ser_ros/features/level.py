# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loudness of samples: RMS amplitude and level."""

import math

import numpy as np

MIN_LEVEL_DBFS = -120.0


def frame_rms(frames: np.ndarray) -> np.ndarray:
    """Return the RMS amplitude of frames as librosa.feature.rms computes it.

    Args:
        frames: float32, shape (n, frame_samples).

    Returns:
        float32, shape (n,).
    """
    return np.sqrt(np.add.reduce(np.square(frames), axis=1) / np.float32(frames.shape[1]))


def level_dbfs(samples: np.ndarray) -> float:
    """Return the RMS level in dB re an amplitude of 1.0, at least -120.

    A sine at full scale has -3 dBFS, a square wave 0.

    Args:
        samples: float32, shape (n,); no samples count as silence.
    """
    if not samples.size:
        return MIN_LEVEL_DBFS
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    if power <= 10.0 ** (MIN_LEVEL_DBFS / 10.0):
        return MIN_LEVEL_DBFS
    return 10.0 * math.log10(power)
