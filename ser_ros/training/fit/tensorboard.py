# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The history of a training for TensorBoard."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from ser_ros.training.fit.history import Epoch


def write(epochs: Sequence[Epoch], folder: Path) -> None:
    """Write the figures of all epochs, in place of what is in the folder."""
    from torch.utils.tensorboard import SummaryWriter
    shutil.rmtree(folder, ignore_errors=True)
    with SummaryWriter(str(folder)) as writer:
        for epoch in epochs:
            for name, value in epoch.row().items():
                if name != 'epoch' and value != '':
                    writer.add_scalar(name.replace('uar_', 'uar/'), value, epoch.epoch)
