# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training of one network: its folder with checkpoint, best weights and history."""

import logging
from dataclasses import dataclass
from pathlib import Path

from ser_ros.training.fit import checkpoint, history, limits, processes, tensorboard
from ser_ros.training.fit.checkpoint import Origin
from ser_ros.training.fit.history import Epoch
from ser_ros.training.fit.trainer import Trainer

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """The training of one network, and its folder.

    Attributes:
        folder: holds checkpoint.pt, best_N.pt with the weights of the best epoch N, history.csv
            and history.png.
        origin: what is trained; a checkpoint of anything else is refused.
        tensorboard: write the history for TensorBoard, too.
    """

    folder: Path
    origin: Origin
    tensorboard: bool = False

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

    def clear(self) -> None:
        """Remove checkpoint and weights, so that none passes for one of the training that starts.

        The checkpoint goes first: weights without it are of no use.
        """
        self.checkpoint.unlink(missing_ok=True)
        for path in self._all_best():
            path.unlink()

    def restore(self, trainer: Trainer) -> None:
        """Bring the trainer to where the folder's training stopped, if there is one.

        The checkpoint is written again, as the configuration may differ in what the files alone
        depend on: it says of which configuration the files are that come next. All processes read
        it before the main one does so.

        Raises:
            SerError: if it is another training, or there is no room for its files.
        """
        if processes.is_main():
            self.folder.mkdir(parents=True, exist_ok=True)
            limits.check_space(self.folder, *trainer.sizes())
        if not processes.broadcast(self.checkpoint.exists()):
            LOGGER.info('the training starts in %s', self.folder)
            return
        state = checkpoint.read_of(self.checkpoint, self.origin)
        trainer.restore(state)
        if trainer.history:
            trainer.best = state.get('best') or checkpoint.load(self._best(trainer))
        self.save(trainer)
        LOGGER.info('resumed in %s after %s%s', self.folder, _place(trainer),
                    _other_processes(len(state['generators'])))

    def save(self, trainer: Trainer) -> None:
        """Write checkpoint, best weights and history; all processes call it at once."""
        state = trainer.state()
        if not processes.is_main():
            return
        if trainer.history:
            self._save_best(trainer)
        checkpoint.write(self.checkpoint, self.origin, state)
        if trainer.history:
            for path in self._all_best() - {self._best(trainer)}:
                path.unlink()
        if trainer.history and not trainer.steps_done:
            history.write(trainer.history, self.folder)
            if self.tensorboard:
                tensorboard.write(trainer.history, self.folder / 'tensorboard')

    def _save_best(self, trainer: Trainer) -> None:
        """Write the weights before the checkpoint that names their epoch.

        After a kill in between, the checkpoint still names those of an earlier epoch, which are
        there as well.
        """
        path = self._best(trainer)
        is_new = history.best(trainer.history) is trainer.history[-1] and not trainer.steps_done
        if is_new or not path.exists():
            checkpoint.save(path, trainer.best)

    def _best(self, trainer: Trainer) -> Path:
        return self.folder / f'best_{history.best(trainer.history).epoch}.pt'

    def _all_best(self) -> set[Path]:
        return set(self.folder.glob('best_*.pt'))


def _place(trainer: Trainer) -> str:
    place = f'epoch {len(trainer.history)}'
    if trainer.steps_done:
        place += f' and step {trainer.steps_done} of {trainer.settings.steps_per_epoch}'
    return place


def _other_processes(before: int) -> str:
    now = processes.count()
    if before == now:
        return ''
    return (f'; it ran in {before} processes before and runs in {now} now, so its curve differs '
            'by rounding and by what dropout draws')
