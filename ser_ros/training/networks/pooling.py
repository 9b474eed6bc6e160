# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the positions of an encoder to one vector for the window."""

import torch
from torch import nn

BOTTLENECK = 128
# Keeps the gradient of the square root finite where all positions are the same.
SMALLEST_VARIANCE = 1e-6


class MeanPooling(nn.Module):
    """(batch, positions, channels) -> (batch, channels): the mean over the positions.

    Attributes:
        size: number of values that come out.
    """

    def __init__(self, channels: int):
        """Make the pooling of this many channels."""
        super().__init__()
        self.size = channels

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return the mean."""
        return states.mean(1)


class AttentivePooling(nn.Module):
    """(batch, positions, channels) -> (batch, 2 * channels): weighted mean, standard deviation.

    Attentive statistics pooling (Okabe et al. 2018, arXiv:1803.10963) with one head.

    Attributes:
        size: number of values that come out.
    """

    def __init__(self, channels: int):
        """Make the attention.

        Its last layer has no bias. Softmax cancels one, so its gradient is rounding alone, and
        AdamW makes steps of full size of that.
        """
        super().__init__()
        self.size = 2 * channels
        self.hidden = nn.Linear(channels, BOTTLENECK)
        self.score = nn.Linear(BOTTLENECK, 1, bias=False)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return mean and standard deviation under the attention, one after the other."""
        weights = torch.softmax(self.score(torch.tanh(self.hidden(states))), dim=1)
        mean = (weights * states).sum(1, keepdim=True)
        variance = (weights * (states - mean) ** 2).sum(1)
        deviation = torch.sqrt(variance + SMALLEST_VARIANCE)
        return torch.cat([mean.squeeze(1), deviation], 1)


def make_pooling(name: str, channels: int) -> MeanPooling | AttentivePooling:
    """Make the pooling that the configuration names: one of `ser_ros.training.options.POOLINGS`."""
    return MeanPooling(channels) if name == 'mean' else AttentivePooling(channels)
