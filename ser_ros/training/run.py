# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The folder of one training: its checkpoint and its history."""

import enum
import logging
from dataclasses import dataclass
from pathlib import Path

from ser_ros.errors import SerError
from ser_ros.training import checkpoint, history
from ser_ros.training.checkpoint import Origin
from ser_ros.training.trainer import Trainer

LOGGER = logging.getLogger(__name__)


class Start(enum.Enum):
    """
    What to do about a training that is in the folder already.

    NEW: refuse if it is unfinished, replace it if it is finished. RESUME: go on with it.
    ANEW: replace it.
    """

    NEW = enum.auto()
    RESUME = enum.auto()
    ANEW = enum.auto()


@dataclass(frozen=True)
class Run:
    """
    A training and its folder.

    Attributes
    ----------
    folder: holds checkpoint.pt, history.csv and history.png.
    origin: what is trained; a checkpoint of anything else is refused.

    """

    folder: Path
    origin: Origin

    @property
    def checkpoint(self) -> Path:
        """Path of the checkpoint."""
        return self.folder / 'checkpoint.pt'

    def begin(self, trainer: Trainer, start: Start) -> None:
        """
        Bring the trainer to where the folder's training stopped, if that is wanted.

        :raises SerError: if the folder's training is unfinished or another one, as `Start` says.
        """
        if start is Start.ANEW or not self.checkpoint.exists():
            if start is Start.RESUME:
                LOGGER.info('nothing to resume in %s: the training starts', self.folder)
            return
        if start is Start.NEW:
            self._refuse_unfinished()
            return
        trainer.restore(checkpoint.read(self.checkpoint, self.origin))
        history.write(trainer.history, self.folder)
        LOGGER.info('resumed after epoch %d', len(trainer.history))

    def _refuse_unfinished(self) -> None:
        epoch, is_finished = checkpoint.progress(self.checkpoint)
        if not is_finished:
            raise SerError(
                f'there is an unfinished training in {self.folder}, stopped after epoch {epoch}: '
                'go on with --resume, start anew with --restart, or give another --output')

    def save(self, trainer: Trainer) -> None:
        """Write checkpoint and history."""
        checkpoint.write(self.checkpoint, self.origin, trainer.state(), trainer.is_finished)
        history.write(trainer.history, self.folder)
