# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The folder of one training: that of its networks, and its model."""

import enum
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_ros.errors import SerError
from ser_ros.inference.model_file import PRECISIONS
from ser_ros.inference.model_metadata import METADATA_KEY
from ser_ros.inference.onnx_file.scan import scan
from ser_ros.training.config import Config
from ser_ros.training.fit import checkpoint, provenance
from ser_ros.training.fit.checkpoint import Origin
from ser_ros.training.fit.part import Part


class Start(enum.Enum):
    """What to do about a training that is in the folder already.

    NEW: refuse if it is unfinished, replace it if it is finished. RESUME: go on with it, or leave
    it if it is finished. ANEW: replace it.
    """

    NEW = enum.auto()
    RESUME = enum.auto()
    ANEW = enum.auto()


def stored_precisions(config: Config) -> list[str]:
    """Return the precisions of which the model has a file."""
    return [name for name in PRECISIONS if name in ('fp32', *config.precisions)]


@dataclass(frozen=True)
class Result:
    """What a training gave.

    Attributes:
        epochs: whose weights were kept, of each network.
        figures: UAR on validation speakers by precision and corpus, of the exported files.
    """

    seed: int
    epochs: list[int]
    folder: Path
    figures: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Run:
    """A training and its folder.

    Attributes:
        folder: holds the model, and what each `Part` holds: that of a single network is in it,
            those of several are in folders of their own.
        origins: what is trained, of each network.
        tensorboard: write the history of each for TensorBoard, too.
    """

    folder: Path
    origins: Sequence[Origin]
    tensorboard: bool = False

    @property
    def origin(self) -> Origin:
        """What the model is made of."""
        return checkpoint.joined(self.origins)

    @property
    def parts(self) -> list[Part]:
        """The trainings of the networks, in the order in which they go."""
        if len(self.origins) == 1:
            return [Part(self.folder, self.origins[0], self.tensorboard)]
        return [Part(self.folder / name, origin, self.tensorboard)
                for name, origin in zip(self.origin.config.alone, self.origins, strict=True)]

    @property
    def model_folder(self) -> Path:
        """Path of the model's folder."""
        return self.folder / self.origin.config.name

    def is_done(self) -> bool:
        """Return whether there is nothing left to do: no epoch, and no file of the model.

        Raises:
            SerError: if a checkpoint in the folder is one of another training.
        """
        epochs = [part.best_epoch() for part in self.parts]
        known = [epoch for epoch in epochs if epoch is not None]
        return len(known) == len(epochs) and self._has_model(known)

    def clear(self) -> None:
        """Remove the checkpoints, so that none passes for one of the training that starts."""
        for part in self.parts:
            part.clear()

    def _has_model(self, epochs: list[int]) -> bool:
        expected = provenance.identity(self.origin, epochs).items()
        try:
            files = [self._metadata(precision) for precision in
                     stored_precisions(self.origin.config)]
        except SerError:  # a file is missing, or has been written in part
            return False
        return all(expected <= values.get('made_with', {}).items()
                   and 'validation_uar' in values['metrics'] for values in files)

    def _metadata(self, precision: str) -> dict[str, Any]:
        path = self.model_folder / f'{precision}.onnx'
        return json.loads(scan(str(path)).metadata.get(METADATA_KEY, '{}'))

    def result(self) -> Result:
        """Return what the stored model says; the run must be done."""
        stored = {precision: self._metadata(precision)
                  for precision in stored_precisions(self.origin.config)}
        epoch = stored['fp32']['made_with']['epoch']
        return Result(
            self.origin.seed, epoch if isinstance(epoch, list) else [epoch], self.folder,
            {precision: values['metrics']['validation_uar']
             for precision, values in stored.items()})


def begin(runs: Sequence[Run], start: Start) -> list[Run]:
    """Return the runs that there is something to do for.

    Raises:
        SerError: if they cannot start as wanted; nothing has been changed then.
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
        paths = [part.checkpoint for part in run.parts]
        before = {path: checkpoint.read(path) for path in paths if path.exists()}
        states += [f'{path.parent}, after epoch {len(state["history"])}'
                   for path, (_, state) in before.items()]
        origins = [origin for origin, _ in before.values()]
        if len(origins) < len(paths) or not Run(run.folder, origins).is_done():
            unfinished = True
    if states and unfinished:
        raise SerError(f'there is an unfinished training ({"; ".join(states)}); continue with '
                       '--resume, start from scratch with --restart, or give another --output')
