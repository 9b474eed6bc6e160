# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The windows of one step, of which each process computes its own rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from ser_ros.corpora.labelled_clips import Clip

# Numbers of windows in a batch.
Rows = slice | np.ndarray


class Batch:
    """Windows that are drawn in every process; a subclass may make their inputs when asked for.

    Attributes:
        labels: int64 (n,).
        speakers: int64 (n,), number of each window's speaker, -1 where it is not known.
    """

    def __init__(self, inputs: np.ndarray, labels: np.ndarray,
                 speakers: np.ndarray | None = None):
        """Take windows; without ``speakers`` none is known."""
        self._inputs = inputs
        self.labels = labels
        self.speakers = np.full(len(labels), -1) if speakers is None else speakers

    def __len__(self) -> int:
        return len(self.labels)

    def inputs(self, rows: Rows) -> np.ndarray:
        """Return the inputs of some windows, float32 (rows, *input_shape)."""
        return self._inputs[rows]


def speaker_numbers(clips: Sequence[Clip]) -> np.ndarray:
    """Return a number for the speaker of each clip, -1 where the speaker is not known."""
    names: dict[tuple[str, str], int] = {}
    return np.array([
        names.setdefault((clip.corpus, clip.speaker), len(names)) if clip.speaker else -1
        for clip in clips])


@dataclass(frozen=True)
class Mixup:
    """Which window of the batch is blended into each one, and its share (arXiv:1710.09412)."""

    order: torch.Tensor
    share: torch.Tensor


def draw_mixup(count: int, alpha: float) -> Mixup | None:
    """Draw for a whole batch from torch's generator.

    Args:
        count: number of its windows.
        alpha: parameter of the Beta distribution of the shares; 0 for no mixup.
    """
    if not alpha:
        return None
    share = torch.distributions.Beta(alpha, alpha).sample((count,))
    return Mixup(torch.randperm(count), share)


def make(batch: Batch, mixup: Mixup | None, rows: slice,
         classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return inputs and targets of some rows of a batch, (rows, ...) and (rows, classes)."""
    targets = functional.one_hot(torch.from_numpy(batch.labels), classes).float()
    inputs = torch.from_numpy(batch.inputs(rows))
    if mixup is None:
        return inputs, targets[rows]
    order, share = mixup.order[rows], mixup.share[rows]
    others = torch.from_numpy(batch.inputs(order.numpy()))
    by_axis = share.reshape(-1, *[1] * (inputs.ndim - 1))
    return (torch.lerp(inputs, others, by_axis),
            torch.lerp(targets[rows], targets[order], share[:, None]))


def pieces(length: int, accumulation: int, processes: int, rank: int) -> list[slice]:
    """Return the rows that a process computes, in the parts that it computes one by one."""
    size = length // (accumulation * processes)
    starts = range(rank * size, length, processes * size)
    return [slice(start, start + size) for start in starts]
