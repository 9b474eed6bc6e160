# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Windows as they are: for feature sets that have no augmentation."""

import numpy as np

from ser_ros.features.base import Columns


def draw_window(columns: Columns, length: int, generator: np.random.Generator) -> Columns:
    """Return a window anywhere in a clip.

    Args:
        columns: columns of the whole clip. Where they are fewer than a window, as a clip that is
            played faster may have, the last one goes on.
        length: columns in a window.
        generator: chooses the place.
    """
    missing = max(0, length - columns[0].shape[-1])
    start = int(generator.integers(columns[0].shape[-1] + missing - length + 1))
    return tuple(_stretch_end(part, missing)[..., start:start + length] for part in columns)


def _stretch_end(values: np.ndarray, count: int) -> np.ndarray:
    if not count:
        return values
    return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, count)], mode='edge')
