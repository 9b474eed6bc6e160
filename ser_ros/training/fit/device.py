# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where networks are trained, and in which numbers."""

import torch

from ser_ros.errors import SerError
from ser_ros.training.fit.processes import accelerator


def device() -> torch.device:
    """Return the GPU of this process, or the CPU."""
    return accelerator().device


def autocast(precision: str) -> torch.autocast:
    """Return a context in which networks multiply in fp32, bf16 or fp16."""
    dtype = torch.float16 if precision == 'fp16' else torch.bfloat16
    return torch.autocast(device().type, dtype, enabled=precision != 'fp32')


def check_precision(precision: str) -> None:
    """Raise SerError for a precision that this machine does not train in."""
    if precision == 'fp16' and device().type != 'cuda':
        raise SerError('precision is fp16, which needs a GPU; allowed here: fp32, bf16')
