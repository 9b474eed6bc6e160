# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Augmentation of waveforms: the place of the cut shifts the sound in time."""

import numpy as np

from ser_ros.features.base import Columns
from ser_ros.training.augment import band_power

# Samples that a window may reach over an end of the clip. Half of a short clip stays in it.
MAX_OVERHANG = 12800


def draw_window(columns: Columns, length: int, generator: np.random.Generator) -> Columns:
    """Return one window of a clip, with silence where it reaches over an end.

    Args:
        columns: of the whole clip, as waveform/1 makes them.
        length: samples in a window.
        generator: chooses the place.
    """
    samples = columns[0]
    overhang = min(MAX_OVERHANG, samples.shape[-1] // 2)
    start = band_power.draw_start(samples.shape[-1], length, overhang, generator)
    return (band_power.cut(samples, start, length),)
