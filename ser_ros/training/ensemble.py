# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several networks that look at the same window and answer as one."""

from collections.abc import Sequence

import torch
from torch import nn

from ser_ros.training.mobilenet import MobileNetV3
from ser_ros.training.resnet import ResNet


class Ensemble(nn.Module):
    """
    (batch, channels, bands, hops) -> (batch, classes): the mean of the members' logits.

    In training it returns the logits of each, (members, batch, classes): every member learns by
    itself. What makes an ensemble better than its members is that they err in different places,
    and a loss of the mean would let them lean on each other.
    """

    def __init__(self, members: Sequence[MobileNetV3 | ResNet]):
        """Take networks of the same labels and the same kind of images."""
        super().__init__()
        self.members = nn.ModuleList(members)

    @property
    def output(self) -> nn.Linear:
        """The last layer of the first member; that of the others is like it."""
        first = self.members[0]
        assert isinstance(first, MobileNetV3 | ResNet)
        return first.output

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Compute the logits."""
        logits = torch.stack([member(images).float() for member in self.members])
        return logits if self.training else logits.mean(0)
