# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Random generators that depend on what is degraded and how, not on the order of the work."""

import hashlib
from pathlib import Path

import numpy as np


def generator_for(path: Path, purpose: str) -> np.random.Generator:
    """Return the generator for one clip and one purpose.

    The clip is told by its file's name and folder, wherever the corpus is kept.
    """
    text = f'{purpose}\n{"/".join(path.parts[-2:])}'
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], 'big'))
