# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The running mean of a network's weights."""

from typing import Any

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class _Itself(nn.Module):
    """Stands for the mean where the last weights alone count, without a copy of them."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.module = network

    def forward(self, *inputs: Any) -> Any:
        return self.module(*inputs)

    def update_parameters(self, network: nn.Module) -> None:
        """Do nothing: the network has been changed itself."""

    def state_dict(  # type: ignore[override]
            self, *_: Any, **__: Any) -> dict[str, Any]:
        """Return nothing: the network is stored beside."""
        return {}

    def load_state_dict(self, *_: Any, **__: Any) -> Any:
        """Do nothing: the network has been loaded itself."""


def make_average(network: nn.Module, averaging: float) -> AveragedModel | _Itself:
    """Return what keeps the running mean of a network's weights and buffers.

    Args:
        averaging: share of the mean that each step keeps.
    """
    if not averaging:
        return _Itself(network)
    return AveragedModel(
        network, multi_avg_fn=get_ema_multi_avg_fn(averaging), use_buffers=True)
