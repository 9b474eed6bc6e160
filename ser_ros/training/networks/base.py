# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every network offers: to be made from a configuration, trained, exported and quantised."""

import abc
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn
from torch.nn import functional

from ser_ros.errors import SerError
from ser_ros.training.config import Config
from ser_ros.training.networks.onnx_graph import Graph
from ser_ros.training.networks.pretrained import file_sha256

Made = TypeVar('Made', bound=nn.Module)


class Network(nn.Module, abc.ABC):
    """A network from (batch, *input_shape) to logits (batch, classes).

    Attributes:
        int8_operators: ONNX operators that become INT8, beside the fully connected layers that
            `int8_prefixes` names in full. Of matrix products those by weights do.
        dynamic_int8: whether the ranges of activations are measured in each window instead of
            ahead of time. All matrix products by weights become INT8 then, and nothing else.
    """

    int8_operators: tuple[str, ...] = ('Conv', 'Add', 'MaxPool', 'GlobalAveragePool')
    dynamic_int8 = False

    @classmethod
    @abc.abstractmethod
    def from_config(cls, config: Config, input_shape: tuple[int, ...]) -> 'Network':
        """Make the network with random weights.

        Args:
            config: says how many labels there are, and how the network is trained. Its partners
                are other networks.
            input_shape: shape of the input, without the batch.

        Raises:
            SerError: if the network does not suit the configuration or the input.
        """

    @abc.abstractmethod
    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Compute the logits."""

    @property
    def trainable(self) -> nn.Module:
        """The part that is trained, which takes what `embed` returns; by default all of it."""
        return self

    def embed(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return what the part that is trained takes; by default the inputs themselves."""
        return inputs

    @classmethod
    def pretrained_sha256(cls, pretrained: str) -> str:
        """Return the hash of what `load_pretrained` takes over.

        Args:
            pretrained: as in the configuration, not empty.

        Raises:
            SerError: if it cannot be read.
        """
        return file_sha256(Path(pretrained))

    def head_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that learn at ``head_learning_rate``; by default none.

        They are what starts from random weights beside a pretrained part. Without any, all
        parameters learn at the one rate.
        """
        return []

    def extra_loss(self, speakers: torch.Tensor, progress: float) -> torch.Tensor | None:
        """Return what is added to the loss of the windows that `forward` computed last.

        It is called after `forward`, in training only.

        Args:
            speakers: number of the speaker of each window, (batch,), from 0; -1 where the speaker
                is not known.
            progress: share of the training's steps that are done, from 0 to 1.

        Returns:
            A loss without dimensions, with its weight, or None for none. A network returns a loss
            in every step or in none, so that the same parameters have gradients in every step.
        """
        del speakers, progress
        return None

    def enable_gradient_checkpointing(self) -> None:
        """Keep fewer activations for the backward pass, and compute them twice instead.

        Raises:
            SerError: if the network cannot.
        """
        raise SerError(f'gradient_checkpointing is true, which {type(self).__name__} does not '
                       'offer; leave the key out')

    def load_pretrained(self, path: Path) -> None:
        """Take over the weights of a file, where the network can start from some.

        Raises:
            SerError: if it cannot, or the file cannot be read or is of another network.
        """
        raise SerError(f'pretrained: {type(self).__name__} starts from random weights only, so '
                       f'it cannot take {path}; leave the key out')

    def to_onnx(self, graph: Graph) -> str:
        """Add the network, in evaluation mode, to a graph.

        Args:
            graph: its input is that of the network.

        Returns:
            Name of the logits in the graph.
        """
        return graph.trace(self)

    def int8_prefixes(self) -> tuple[str, ...]:
        """Return the beginnings of the names of nodes that become INT8; the others stay in FP32.

        Nodes of fully connected layers become INT8 only where the whole name is given.
        """
        return ('',)


class FrozenNetwork(Network):
    """A network whose larger part stays as it was pretrained, or tuned before.

    What that part makes of a window is computed once, pooled and standardised, and the head is
    trained on these embeddings.
    """

    @property
    @abc.abstractmethod
    def trainable(self) -> nn.Module:
        """The head: from embeddings with the weight of a baseline to logits."""

    @abc.abstractmethod
    def last_layers(self, count: int) -> nn.Module:
        """Return the last layers of the part that is frozen, which can be tuned before."""

    @abc.abstractmethod
    def pool(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return what the frozen part makes of the inputs, (batch, size)."""

    @abc.abstractmethod
    def standardise(self, mean: torch.Tensor, deviation: torch.Tensor) -> None:
        """Keep mean and standard deviation of what was pooled in training, each (size,)."""

    @abc.abstractmethod
    def standardised(self, pooled: torch.Tensor) -> torch.Tensor:
        """Return what was pooled in standard deviations from the mean of training."""

    def embed(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the rows that the head takes for a voice that is not known.

        They are embeddings, and last the weight of the baseline, which is 0.
        """
        return functional.pad(self.standardised(self.pool(inputs)), (0, 1))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Compute the logits for a voice that is not known."""
        return self.trainable(self.embed(inputs))


def typed(module: object, cls: type[Made]) -> Made:
    """Give the type checker the content of a container of modules."""
    assert isinstance(module, cls)
    return module
