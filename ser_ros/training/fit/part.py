# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training of one network: its folder with checkpoint and history."""

import logging
from dataclasses import dataclass
from pathlib import Path

from ser_ros.training.fit import checkpoint, history
from ser_ros.training.fit.checkpoint import Origin
from ser_ros.training.fit.history import Epoch
from ser_ros.training.fit.trainer import Trainer

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """The training of one network, and its folder.

    Attributes:
        folder: holds checkpoint.pt, history.csv and history.png.
        origin: what is trained; a checkpoint of anything else is refused.
    """

    folder: Path
    origin: Origin

    @property
    def checkpoint(self) -> Path:
        """Path of the checkpoint."""
        return self.folder / 'checkpoint.pt'

    def best_epoch(self) -> int | None:
        """Return whose weights are kept in the end, None while there are epochs left.

        Raises:
            SerError: if the folder's checkpoint is one of another training.
        """
        if not self.checkpoint.exists():
            return None
        state = checkpoint.read_of(self.checkpoint, self.origin)
        epochs = [Epoch(**values) for values in state['history']]
        if not history.is_over(epochs, self.origin.config.training):
            return None
        return history.best(epochs).epoch

    def restore(self, trainer: Trainer) -> None:
        """Bring the trainer to where the folder's training stopped, if there is one.

        The checkpoint is written again, as the configuration may differ in what the files alone
        depend on: it says of which configuration the files are that come next.

        Raises:
            SerError: if it is another training.
        """
        if not self.checkpoint.exists():
            LOGGER.info('the training starts in %s', self.folder)
            return
        trainer.restore(checkpoint.read_of(self.checkpoint, self.origin))
        self.save(trainer)
        LOGGER.info('resumed in %s after epoch %d', self.folder, len(trainer.history))

    def save(self, trainer: Trainer) -> None:
        """Write checkpoint and history."""
        self.folder.mkdir(parents=True, exist_ok=True)
        checkpoint.write(self.checkpoint, self.origin, trainer.state())
        history.write(trainer.history, self.folder)
