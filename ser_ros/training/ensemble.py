# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several networks that look at the same window and answer as one."""

from collections.abc import Sequence

import torch
from torch import nn

from ser_ros.training.networks import Network
from ser_ros.training.resnet import ResNet


class Ensemble(nn.Module):
    """
    (batch, channels, bands, hops) -> (batch, classes): the weighted mean of the members' logits.

    The members are trained before, each by itself and as suits it. What makes an ensemble better
    than its members is that they err in different places.
    """

    def __init__(self, members: Sequence[Network], weights: Sequence[float]):
        """
        Take networks of the same labels and the same kind of images.

        :param weights: how much each counts, over 0; only their ratios matter.
        """
        super().__init__()
        self.members = nn.ModuleList(members)
        #: Of each member in the mean; they add up to 1.
        self.shares = [weight / sum(weights) for weight in weights]

    @property
    def output(self) -> nn.Linear:
        """The last layer of the first member; that of the others is like it."""
        first = self.members[0]
        assert isinstance(first, Network)
        return first.output

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Compute the logits."""
        logits = [share * member(images).float()
                  for share, member in zip(self.shares, self.members, strict=True)]
        return torch.stack(logits).sum(0)


def join(networks: Sequence[Network], weights: Sequence[float]) -> Network | Ensemble:
    """Return what answers for all of them: the one there is, or an ensemble."""
    return networks[0] if len(networks) == 1 else Ensemble(networks, weights).eval()


def prefix(index: int) -> str:
    """Return what the names of a member's nodes begin with in the exported graph."""
    return f'member{index}.'


def prefixes_for_int8(network: Network | Ensemble) -> tuple[str, ...]:
    """
    Return what the names of the nodes begin with that INT8 is worth while for: those of ResNets.

    Squeeze-and-excitation and hard swish leave little to speed up in a MobileNetV3, and it loses
    more by the coarser steps; in an ensemble its part stays in FP32.
    """
    if not isinstance(network, Ensemble):
        return ('',)
    return tuple(prefix(index) for index, member in enumerate(network.members)
                 if isinstance(member, ResNet)) or ('',)
