# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From windows to the clips that they are of: means and weights."""

from typing import Optional

import numpy as np


def clip_means(values: np.ndarray, clips: np.ndarray, count: int) -> np.ndarray:
    """Return the mean over the windows of each clip, float64 (count, columns).

    Args:
        values: (windows, columns), such as probabilities.
        clips: index of each window's clip.
        count: number of clips; each has a window.
    """
    sums = np.zeros((count, values.shape[1]))
    np.add.at(sums, clips, values)
    return sums / np.bincount(clips, minlength=count)[:, np.newaxis]


def equal_weights(groups: np.ndarray, clips: Optional[np.ndarray] = None) -> np.ndarray:
    """Return weights of windows under which every group counts as much; they add up to 1.

    Args:
        groups: of each window, its corpus or its class.
        clips: index of each window's clip. In its group every clip then counts as much, else
            every window.
    """
    names, group, windows = np.unique(groups, return_inverse=True, return_counts=True)
    shares = windows[group]
    if clips is not None:
        _, first = np.unique(clips, return_index=True)
        shares = np.bincount(group[first])[group] * np.bincount(clips)[clips]
    return 1 / (len(names) * shares)
