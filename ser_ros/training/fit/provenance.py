# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a model file records of its making, so that it can be made again."""

import platform
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import torch

from ser_ros import __version__
from ser_ros.training.fit.checkpoint import Origin


def describe(origin: Origin, epochs: Sequence[int]) -> dict[str, Any]:
    """Return the versions of the programs, and what `identity` says.

    Args:
        epochs: whose weights were kept, of each network.
    """
    return {'ser_ros': __version__, 'python': platform.python_version(),
            'torch': str(torch.__version__), 'numpy': np.__version__, 'onnx': onnx.__version__,
            **identity(origin, epochs)}


def identity(origin: Origin, epochs: Sequence[int]) -> dict[str, Any]:
    """Return seed and epoch, and the hashes of the configuration, the clips and the start.

    The epoch is a list where there are several networks.
    """
    epoch = epochs[0] if len(epochs) == 1 else list(epochs)
    return {'seed': origin.seed, 'epoch': epoch, 'config_sha256': origin.config_sha256,
            'clips_sha256': origin.clips_sha256, 'pretrained_sha256': origin.pretrained_sha256}
