# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Augmentation of efficientat_mel columns.

A window is drawn anywhere in the clip and may reach over its ends; then it is stretched in time,
its vocal tract lengthened or shortened, its colour and bandwidth changed, a room's tail and noise
added and small parts masked. Its level does not matter: the input always has the same.
"""

import numpy as np

from ser_ros.features.base import Columns
from ser_ros.features.efficientat_mel import (
    GRID,
    EfficientatMel,
    EfficientatMelColumns,
    centres_hz,
    filterbank,
    level_weights,
)
from ser_ros.training.augment import band_power

MAX_OVERHANG = 80  # hops
MAX_MASKED_BANDS = 12
MAX_MASKED_HOPS = 32
BANDS = band_power.Bands(
    centres_hz(), filterbank().sum(axis=0).astype(np.float32), level_weights(),
    GRID.hop_samples / EfficientatMel.sample_rate_hz)


def draw_window(
        columns: Columns, hops: int, generator: np.random.Generator) -> EfficientatMelColumns:
    """Return one augmented window of a clip.

    Args:
        columns: of the whole clip, as efficientat_mel makes them.
        hops: length of the window.
    """
    power = columns[0]
    length = round(hops * generator.uniform(*band_power.STRETCH))
    start = band_power.draw_start(power.shape[1], length, MAX_OVERHANG, generator)
    power = band_power.stretch(band_power.cut(power, start, length), hops)
    power = band_power.change_tract(power, generator.uniform(*band_power.TRACT), BANDS)
    band_power.add_room_and_noise(power, BANDS, generator)
    band_power.mask(power, MAX_MASKED_BANDS, MAX_MASKED_HOPS, generator)
    return EfficientatMelColumns(power)
