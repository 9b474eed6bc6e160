# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several networks that look at the same window and answer as one."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from ser_ros.errors import SerError
from ser_ros.training.config import Config
from ser_ros.training.networks.base import Network
from ser_ros.training.networks.onnx_graph import Graph


class Ensemble(Network):
    """(batch, *input_shape) -> (batch, classes): the weighted mean of the members' logits.

    The members are trained before, each by itself and as suits it. What makes an ensemble better
    than its members is that they err in different places.
    """

    def __init__(self, members: Sequence[Network], weights: Sequence[float]):
        """Take networks of the same labels and the same kind of inputs.

        Args:
            weights: how much each counts, over 0; only their ratios matter.
        """
        super().__init__()
        self.members = nn.ModuleList(members)
        #: Of each member in the mean; they add up to 1.
        self.shares = [weight / sum(weights) for weight in weights]
        self.dynamic_int8 = any(member.dynamic_int8 for member in self.networks)

    @classmethod
    def from_config(cls, config: Config, input_shape: tuple[int, ...]) -> 'Ensemble':
        """Raise SerError: the members are made and trained one by one, see `join`."""
        raise SerError('an ensemble is joined from trained networks')

    @property
    def networks(self) -> list[Network]:
        """The members, in their order."""
        return [member for member in self.members if isinstance(member, Network)]

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Compute the logits."""
        logits = [share * member(inputs).float()
                  for share, member in zip(self.shares, self.members, strict=True)]
        return torch.stack(logits).sum(0)

    def to_onnx(self, graph: Graph) -> str:
        """Add the members to a graph, each behind a prefix, and their weighted mean."""
        outer = graph.prefix
        parts = []
        for index, (member, share) in enumerate(zip(self.networks, self.shares, strict=True)):
            graph.prefix = outer + prefix(index)
            logits = member.to_onnx(graph)
            parts.append(graph.add('Mul', 'share', [
                logits, graph.constant('share.factor', np.array(share, np.float32))]))
        graph.prefix = outer
        for index, part in enumerate(parts[1:], 1):
            name = 'logits' if part is parts[-1] else f'sum{index}'
            parts[0] = graph.add('Add', name, [parts[0], part])
        return parts[0]

    def int8_prefixes(self) -> tuple[str, ...]:
        """Return those of the members, behind the members' own prefixes."""
        return tuple(prefix(index) + name for index, member in enumerate(self.networks)
                     for name in member.int8_prefixes())


def join(networks: Sequence[Network], weights: Sequence[float]) -> Network:
    """Return what answers for all of them: the one there is, or an ensemble."""
    return networks[0] if len(networks) == 1 else Ensemble(networks, weights).eval()


def prefix(index: int) -> str:
    """Return what the names of a member's nodes begin with in the exported graph."""
    return f'member{index}.'
