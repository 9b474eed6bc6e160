# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A loss that makes speakers hard to tell apart (Ganin and Lempitsky 2015, arXiv:1409.7495)."""

import torch
from torch import nn
from torch.nn import functional

HIDDEN = 128
# Speakers whose numbers differ by this count as one. A corpus of more of them needs no adversary.
MOST_SPEAKERS = 512
# Share of the training over which the reversed gradient grows from 0 to its weight.
RAMP = 0.1
UNKNOWN = -1


class _Reversed(torch.autograd.Function):
    """The identity, whose gradient is multiplied by a negative number."""

    @staticmethod
    def forward(ctx, values: torch.Tensor,  # type: ignore[no-untyped-def]
                strength: float) -> torch.Tensor:
        ctx.strength = strength
        return values.view_as(values)

    @staticmethod
    def backward(ctx, *gradients: torch.Tensor):  # type: ignore[no-untyped-def]
        return -ctx.strength * gradients[0], None


class SpeakerAdversary(nn.Module):
    """Learns to name the speaker, while what it looks at learns to hide the speaker.

    It is used in training only.
    """

    def __init__(self, size: int, weight: float):
        """Make the classifier of speakers.

        Args:
            size: number of values that it looks at.
            weight: of the reversed gradient, once it has grown.
        """
        super().__init__()
        self._weight = weight
        self.classifier = nn.Sequential(
            nn.Linear(size, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, MOST_SPEAKERS))

    def forward(self, pooled: torch.Tensor, speakers: torch.Tensor,
                progress: float) -> torch.Tensor:
        """Return the cross-entropy of the speakers; see `Network.extra_loss`.

        The classifier itself learns at full strength from the start.
        """
        strength = self._weight * min(1.0, progress / RAMP)
        logits = self.classifier(_Reversed.apply(pooled, strength)).float()
        known = speakers != UNKNOWN
        targets = torch.where(known, speakers % MOST_SPEAKERS, UNKNOWN)
        total = functional.cross_entropy(
            logits, targets, ignore_index=UNKNOWN, reduction='sum')
        # Not the mean of what is known: that is no number where nobody is known.
        return total / len(speakers)
