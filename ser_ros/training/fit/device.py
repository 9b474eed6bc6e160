# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where networks are trained: on a GPU where there is one."""

import functools

import torch


@functools.lru_cache(maxsize=1)
def device() -> torch.device:
    """Return the first GPU, or the CPU."""
    return torch.device('cuda' if torch.cuda.is_available() else 'cpu')
