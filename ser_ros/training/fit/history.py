# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a training has measured, epoch by epoch, as a table and as a picture."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ser_ros import plotting
from ser_ros.training.config import Training


@dataclass(frozen=True)
class Epoch:
    """One line of the history.

    Attributes:
        epoch: counted from 1.
        loss: mean of the training batches.
        learning_rate: of the last step.
        uar: on the validation speakers, for each corpus and their ``mean``.
    """

    epoch: int
    loss: float
    learning_rate: float
    uar: dict[str, float]

    def row(self) -> dict[str, Any]:
        """Return the line's values by column."""
        values = {key: value for key, value in asdict(self).items() if key != 'uar'}
        values.update({f'uar_{name}': value for name, value in self.uar.items()})
        return {key: round(value, 5) for key, value in values.items()}


def best(epochs: Sequence[Epoch]) -> Epoch:
    """Return the epoch with the best mean UAR, the first one of equals."""
    return max(epochs, key=lambda epoch: epoch.uar['mean'])


def is_over(epochs: Sequence[Epoch], settings: Training) -> bool:
    """Return whether there is no epoch left, or none has been better for too long."""
    done = len(epochs)
    if done and settings.patience and done - best(epochs).epoch >= settings.patience:
        return True
    return done >= settings.epochs


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


def _draw(epochs: Sequence[Epoch], path: Path) -> None:
    """Draw loss and validation UAR over the epochs."""
    with plotting.figure(path, columns=2, figsize=(10, 4)) as (_, (left, right)):
        numbers = [epoch.epoch for epoch in epochs]
        left.plot(numbers, [epoch.loss for epoch in epochs])
        left.set(xlabel='epoch', ylabel='training loss')
        for name in epochs[0].uar:
            right.plot(numbers, [100 * epoch.uar[name] for epoch in epochs], label=name)
        right.set(xlabel='epoch', ylabel='UAR on validation speakers [%]')
        right.legend()
