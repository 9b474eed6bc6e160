# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Augmentation of whisper_mel columns: another place and another tempo.

Rooms, noise, microphones and codecs come from degraded copies of the clips (`wave_variants`).
"""

import numpy as np

from ser_ros.features.base import Columns
from ser_ros.features.whisper_mel import WhisperMelColumns
from ser_ros.training.augment import band_power

# A frame this far below the loudest one of the clip is a pause [factor of power].
PAUSE = 1e-3
# A window holds at least this share of the frames with speech that the best one holds.
LEAST_SPEECH = 0.7


def draw_window(
        columns: Columns, hops: int, generator: np.random.Generator) -> WhisperMelColumns:
    """Return one window of a clip with enough speech, at a tempo that is up to 15 % off.

    Args:
        columns: columns of the whole clip, as whisper_mel makes them.
        hops: length of the window.
        generator: chooses place and tempo.
    """
    power = columns[0]
    length = round(hops * generator.uniform(*band_power.STRETCH))
    missing = max(0, length - power.shape[1])
    if missing:  # silence before and after, as around a clip that is shorter than a window
        before = int(generator.integers(missing + 1))
        power = band_power.cut(power, -before, length)
    start = int(generator.choice(_starts(power, length)))
    return WhisperMelColumns(band_power.stretch(power[:, start:start + length], hops))


def _starts(power: np.ndarray, length: int) -> np.ndarray:
    """Return where a window of this length may start."""
    level = power.sum(axis=0)
    spoken = np.concatenate([[0], np.cumsum(level > PAUSE * level.max())])
    speech = spoken[length:] - spoken[:-length]
    return np.flatnonzero(speech >= LEAST_SPEECH * speech.max())
