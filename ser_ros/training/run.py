# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The folder of one training: its checkpoint, its history and its model."""

import enum
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_ros.errors import SerError
from ser_ros.inference.model_file import METADATA_KEY
from ser_ros.inference.onnx_scan import scan
from ser_ros.training import checkpoint, history, provenance
from ser_ros.training.checkpoint import Origin
from ser_ros.training.history import Epoch
from ser_ros.training.trainer import Trainer

LOGGER = logging.getLogger(__name__)


class Start(enum.Enum):
    """
    What to do about a training that is in the folder already.

    NEW: refuse if it is unfinished, replace it if it is finished. RESUME: go on with it, or leave
    it if it is finished. ANEW: replace it.
    """

    NEW = enum.auto()
    RESUME = enum.auto()
    ANEW = enum.auto()


@dataclass(frozen=True)
class Result:
    """
    What a training gave.

    Attributes
    ----------
    epoch: whose weights were kept.
    figures: UAR on validation speakers by precision and corpus, of the exported files.

    """

    seed: int
    epoch: int
    folder: Path
    figures: dict[str, dict[str, float]]


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

    @property
    def model_folder(self) -> Path:
        """Path of the model's folder."""
        return self.folder / self.origin.config.name

    def is_done(self) -> bool:
        """
        Tell whether there is nothing left to do: no epoch, and no file of the model.

        :raises SerError: if the folder's checkpoint is one of another training.
        """
        if not self.checkpoint.exists():
            return False
        epochs = _epochs(checkpoint.read_of(self.checkpoint, self.origin))
        return (history.is_over(epochs, self.origin.config.training)
                and self._has_model(history.best(epochs).epoch))

    def _has_model(self, epoch: int) -> bool:
        expected = provenance.identity(self.origin, epoch).items()
        try:
            files = [self._metadata(precision) for precision in self._precisions]
        except SerError:  # a file is missing, or has been written in part
            return False
        return all(expected <= values.get('made_with', {}).items() and values['metrics']
                   for values in files)

    @property
    def _precisions(self) -> list[str]:
        return list(dict.fromkeys(['fp32', *self.origin.config.precisions]))

    def _metadata(self, precision: str) -> dict[str, Any]:
        path = self.model_folder / f'{precision}.onnx'
        return json.loads(scan(str(path)).metadata.get(METADATA_KEY, '{}'))

    def restore(self, trainer: Trainer) -> None:
        """
        Bring the trainer to where the folder's training stopped, if there is one.

        :raises SerError: if it is another training.
        """
        if not self.checkpoint.exists():
            LOGGER.info('nothing to resume in %s: the training starts', self.folder)
            return
        trainer.restore(checkpoint.read_of(self.checkpoint, self.origin))
        history.write(trainer.history, self.folder)
        LOGGER.info('resumed after epoch %d', len(trainer.history))

    def save(self, trainer: Trainer) -> None:
        """Write checkpoint and history."""
        self.folder.mkdir(parents=True, exist_ok=True)
        checkpoint.write(self.checkpoint, self.origin, trainer.state())
        history.write(trainer.history, self.folder)

    def result(self) -> Result:
        """Return what the stored model says; the run must be done."""
        stored = {precision: self._metadata(precision) for precision in self._precisions}
        return Result(
            self.origin.seed, stored['fp32']['made_with']['epoch'], self.folder,
            {precision: values['metrics']['validation_uar']
             for precision, values in stored.items()})


def _epochs(state: dict[str, Any]) -> list[Epoch]:
    return [Epoch(**entry) for entry in state['history']]


def begin(runs: Sequence[Run], start: Start) -> list[Run]:
    """
    Return the runs that there is something to do for.

    :raises SerError: if they cannot start as wanted; nothing has been changed then.
    """
    if start is Start.RESUME:
        return [run for run in runs if not run.is_done()]
    if start is Start.NEW:
        _refuse_unfinished(runs)
    return list(runs)


def _refuse_unfinished(runs: Sequence[Run]) -> None:
    """Refuse if some of the trainings, whatever they trained, have begun and not all are done."""
    states, unfinished = [], False
    for run in runs:
        if run.checkpoint.exists():
            before, state = checkpoint.read(run.checkpoint)
            done = Run(run.folder, before).is_done()
            states.append(f'{run.folder}, after epoch {len(state["history"])}')
        else:
            done = False
        unfinished = unfinished or not done
    if states and unfinished:
        raise SerError(f'there is an unfinished training ({"; ".join(states)}): go on with '
                       '--resume, start anew with --restart, or give another --output')
