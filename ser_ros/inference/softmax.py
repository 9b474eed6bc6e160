# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From logits to probabilities."""

import numpy as np


def softmax(logits: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    """Return exp(logits) / sum(exp(logits)) over the last axis, computed in double precision."""
    powers = np.exp(logits.astype(np.float64) - np.max(logits, axis=-1, keepdims=True))
    return (powers / powers.sum(axis=-1, keepdims=True)).astype(dtype)
