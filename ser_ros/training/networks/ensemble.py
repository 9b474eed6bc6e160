# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several networks that look at the same window and answer as one."""

from collections.abc import Sequence

import torch
from torch import nn

from ser_ros.training.networks.mobilenet import InvertedResidual, MobileNetV3
from ser_ros.training.networks.registry import Network

# Before this block the projections of a MobileNetV3 stay in FP32. Chosen on validation speakers.
FIRST_INT8_PROJECTION = 5


class Ensemble(nn.Module):
    """
    (batch, channels, bands, hops) -> (batch, classes): the weighted mean of the members' logits.

    The members are trained before, each by itself and as suits it. What makes an ensemble better
    than its members is that they err in different places.
    """

    def __init__(self, members: Sequence[Network], weights: Sequence[float]):
        """
        Take networks of the same labels and the same kind of inputs.

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

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Compute the logits."""
        logits = [share * member(inputs).float()
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
    Return what the names of the nodes begin with that bear INT8, for `to_int8`.

    All of a ResNet but its fully connected layers, and what `_prefixes_of_mobilenet` says.
    """
    if isinstance(network, Ensemble):
        return tuple(prefix(index) + name for index, member in enumerate(network.members)
                     for name in _prefixes_of_member(member))
    return _prefixes_of_member(network)


def _prefixes_of_member(member: nn.Module) -> tuple[str, ...]:
    return _prefixes_of_mobilenet(member) if isinstance(member, MobileNetV3) else ('',)


def _prefixes_of_mobilenet(network: MobileNetV3) -> tuple[str, ...]:
    """
    Return the layers that hold four fifths of the weights and move the answers least.

    What is expanded and what goes through a depthwise convolution is then weighed by hard swish,
    and the steps of the early, large images add up: these layers stay in FP32.
    """
    names = ['hidden']
    for index, layer in enumerate(network.features):
        if isinstance(layer, InvertedResidual):
            names.append(f'block{index}.squeeze.fc')
            if index >= FIRST_INT8_PROJECTION:
                names.append(f'block{index}.conv{len(layer.block) - 1}')
        elif index > 0:
            names.append(f'conv{index}')
    return tuple(names)
