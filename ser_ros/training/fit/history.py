# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a training has measured, epoch by epoch, as a table and as a picture."""

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_ros import plotting
from ser_ros.errors import SerError
from ser_ros.recognizer import Path as AnyPath
from ser_ros.training.config import Training

UAR = 'uar_'  # before the name of a corpus in the table


@dataclass(frozen=True)
class Epoch:
    """One line of the history.

    Attributes:
        epoch: counted from 1.
        loss: mean of the training batches.
        learning_rate: of the last step.
        uar: on the validation speakers, for each corpus and their ``mean``.
        validation_loss, accuracy, macro_f1: on the validation speakers, mean of the corpora; None
            in the checkpoints of older versions.
    """

    epoch: int
    loss: float
    learning_rate: float
    uar: dict[str, float]
    validation_loss: float | None = None
    accuracy: float | None = None
    macro_f1: float | None = None

    def row(self) -> dict[str, Any]:
        """Return the line's values by column; '' for what is not known."""
        values: dict[str, float | None] = {
            'epoch': self.epoch, 'loss': self.loss, 'learning_rate': self.learning_rate}
        values.update({f'{UAR}{name}': value for name, value in self.uar.items()})
        values.update(validation_loss=self.validation_loss, accuracy=self.accuracy,
                      macro_f1=self.macro_f1)
        return {key: '' if value is None else round(value, 5) for key, value in values.items()}


def best(epochs: Sequence[Epoch]) -> Epoch:
    """Return the epoch with the best mean UAR, the first one of equals."""
    return max(epochs, key=lambda epoch: epoch.uar['mean'])


def is_over(epochs: Sequence[Epoch], settings: Training) -> bool:
    """Return whether there is no epoch left, or none has been better for too long."""
    patience = settings.patience or settings.early_stopping.patience
    if epochs and patience:
        if len(epochs) - _last_better(epochs, settings.early_stopping.threshold) >= patience:
            return True
    return len(epochs) >= settings.epochs


def _last_better(epochs: Sequence[Epoch], threshold: float) -> int:
    """Return the number of the last epoch that was better than all before by a threshold."""
    last, reference = 0, -float('inf')
    for epoch in epochs:
        if epoch.uar['mean'] > reference + threshold:
            last, reference = epoch.epoch, epoch.uar['mean']
    return last


def write(epochs: Sequence[Epoch], folder: Path) -> None:
    """Write history.csv and history.png, whole at every moment for who looks at them."""
    table, picture = folder / 'history.csv', folder / 'history.png'
    partial = folder / '.history.csv'
    with open(partial, 'w', newline='', encoding='utf-8') as file:
        writer = csv.DictWriter(file, epochs[0].row())
        writer.writeheader()
        writer.writerows(epoch.row() for epoch in epochs)
    partial.replace(table)
    partial = folder / '.history.png'
    _draw(epochs, partial)
    partial.replace(picture)


def plot_training_history(history: Sequence[Epoch] | AnyPath, save_path: AnyPath) -> None:
    """Draw the picture that a training keeps as history.png.

    Args:
        history: the epochs, or the path of a history.csv or of the folder of a training.
        save_path: of the PNG file.

    Raises:
        SerError: if there is no history, or a file cannot be read or written.
    """
    epochs = read(Path(history)) if isinstance(history, str | os.PathLike) else history
    if not epochs:
        raise SerError('the history has no epochs; it gets one with each epoch of a training')
    _draw(epochs, Path(save_path))


def read(path: Path) -> list[Epoch]:
    """Read what `write` wrote.

    Args:
        path: of history.csv, or of the folder that holds it.

    Raises:
        SerError: if it cannot be read, or is no such table.
    """
    table = path / 'history.csv' if path.is_dir() else path
    try:
        with open(table, newline='', encoding='utf-8') as file:
            return [_epoch(row) for row in csv.DictReader(file)]
    except OSError as error:
        raise SerError(f'cannot read {table}: {error.strerror}') from error
    except (KeyError, ValueError) as error:
        raise SerError(f'{table} is not the history of a training: {error!r}') from error


def _epoch(row: Mapping[str, str]) -> Epoch:
    values = {key: float(value) if value else None for key, value in row.items()}
    uar = {key.removeprefix(UAR): float(value) for key, value in row.items()
           if key.startswith(UAR)}
    return Epoch(int(row['epoch']), float(row['loss']), float(row['learning_rate']), uar,
                 *(values.get(name) for name in ('validation_loss', 'accuracy', 'macro_f1')))


def _draw(epochs: Sequence[Epoch], path: Path) -> None:
    """Draw losses, UAR, and accuracy with macro F1 over the epochs."""
    with plotting.figure(path, columns=3, figsize=(15, 4)) as (_, (losses, uar, others)):
        numbers = [epoch.epoch for epoch in epochs]
        for name in 'loss', 'validation_loss':
            losses.plot(numbers, _values(epochs, name), label=name.replace('_', ' '))
        losses.set(xlabel='epoch', ylabel='cross-entropy')
        for name in epochs[0].uar:
            uar.plot(numbers, [100 * epoch.uar[name] for epoch in epochs], label=name)
        uar.set(xlabel='epoch', ylabel='UAR on validation speakers [%]')
        for name, label in ('accuracy', 'accuracy'), ('macro_f1', 'macro F1'):
            others.plot(numbers, [100 * value for value in _values(epochs, name)], label=label)
        others.set(xlabel='epoch', ylabel='mean of the corpora [%]')
        for axes in losses, uar, others:
            axes.legend()


def _values(epochs: Sequence[Epoch], name: str) -> list[float]:
    """Return a figure of each epoch; NaN, which leaves a gap, where it is not known."""
    values = [getattr(epoch, name) for epoch in epochs]
    return [float('nan') if value is None else value for value in values]
