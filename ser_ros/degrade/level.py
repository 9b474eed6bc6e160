# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The level of the speech in a recording, whose pauses do not count."""

import numpy as np

FRAME_SAMPLES = 320
ACTIVE_DB = 30.0  # below its loudest frame, a recording is a pause


def active_frames(samples: np.ndarray) -> np.ndarray:
    """Return the frames of 20 ms in which somebody speaks, (frames, 320); none of silence.

    A stand-in for the active speech level of ITU-T P.56: all frames within 30 dB of the loudest.
    """
    count = len(samples) // FRAME_SAMPLES
    frames = samples[:count * FRAME_SAMPLES].reshape(count, FRAME_SAMPLES)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    loudest = power.max(initial=0.0)
    return frames[(power > 0) & (power >= loudest * 10 ** (-ACTIVE_DB / 10))]


def active_power(samples: np.ndarray) -> float:
    """Return the mean power of the frames with speech, re full scale; 0 for silence."""
    return mean_power(active_frames(samples))


def mean_power(samples: np.ndarray) -> float:
    """Return the mean power of all samples, re full scale; 0 for none."""
    return float(np.mean(np.square(samples, dtype=np.float64))) if samples.size else 0.0


def keep_level(changed: np.ndarray, original: np.ndarray) -> np.ndarray:
    """Return ``changed`` with the active level of ``original``, as float32."""
    power = active_power(changed)
    gain = np.sqrt(active_power(original) / power) if power > 0 else 1.0
    return (changed * gain).astype(np.float32)
