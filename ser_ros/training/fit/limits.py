# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a training takes of the machine: memory of the GPU, and space on the disk."""

import contextlib
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import torch

from ser_ros.errors import SerError
from ser_ros.training.config import Training
from ser_ros.training.fit import processes

LOGGER = logging.getLogger(__name__)
# Files of config/train/presets by the windows that a GPU computes at once.
PRESETS = {8: 'gpu_24gb', 4: 'gpu_12gb', 2: 'gpu_8gb'}


@contextlib.contextmanager
def memory_explained(settings: Training) -> Iterator[None]:
    """Raise SerError, which names smaller settings, where the memory of the GPU is not enough."""
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        at_once = settings.batch // (settings.accumulation * processes.count())
        smaller = [windows for windows in PRESETS if windows < at_once]
        advice = ('a shorter window_s, or fewer trainable layers' if not smaller else
                  f'training: presets/{PRESETS[smaller[0]]}.yaml, which computes {smaller[0]} at '
                  'once')
        raise SerError(
            f'the memory of the GPU is not enough for {at_once} windows at once (batch '
            f'{settings.batch}, accumulation {settings.accumulation}, processes '
            f'{processes.count()}); use {advice}, and continue with --resume') from error


def check_space(folder: Path, checkpoint_bytes: int, best_bytes: int) -> None:
    """Say what the files of a training take, and make sure that there is room for them.

    Each is written beside the one that it replaces.

    Raises:
        SerError: if there is not.
    """
    there = sum(path.stat().st_size for path in folder.glob('*.pt'))
    needed = 2 * (checkpoint_bytes + best_bytes) - there
    free = shutil.disk_usage(folder).free
    LOGGER.info(
        'a checkpoint takes %s and the weights of the best epoch %s in %s, where %s are free',
        in_bytes(checkpoint_bytes), in_bytes(best_bytes), folder, in_bytes(free))
    if free < needed:
        raise SerError(
            f'{folder} has {in_bytes(free)} free; the training needs {in_bytes(needed)} for its '
            'checkpoint and best weights, each beside the one it replaces; free some space or '
            'give another --output')


def in_bytes(count: int) -> str:
    """Return a number of bytes in MB or GB."""
    return f'{count / 1e9:.1f} GB' if count >= 1e9 else f'{count / 1e6:.1f} MB'
