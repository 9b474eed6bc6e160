# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""MobileNetV3-Large (Howard et al. 2019, arXiv:1905.02244) as EfficientAT has it for sound.

Parameters have the names of EfficientAT's files (arXiv:2211.04772), so that its pretrained
weights can be loaded.
"""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from ser_ros.training.config import Config
from ser_ros.training.networks import pretrained
from ser_ros.training.networks.base import Network, typed
from ser_ros.training.networks.onnx_graph import Graph

STEM_CHANNELS = 16
HIDDEN_CHANNELS = 1280
SQUEEZE_RATIO = 4
TAIL_RATIO = 6  # channels after the last convolution over those before


class Stage(NamedTuple):
    """One row of table 1 of the paper, at width 1."""

    kernel: int
    expanded: int
    channels: int
    squeeze: bool
    hard_swish: bool
    stride: int


STAGES = (
    Stage(3, 16, 16, False, False, 1),
    Stage(3, 64, 24, False, False, 2),
    Stage(3, 72, 24, False, False, 1),
    Stage(5, 72, 40, True, False, 2),
    Stage(5, 120, 40, True, False, 1),
    Stage(5, 120, 40, True, False, 1),
    Stage(3, 240, 80, False, True, 2),
    Stage(3, 200, 80, False, True, 1),
    Stage(3, 184, 80, False, True, 1),
    Stage(3, 184, 80, False, True, 1),
    Stage(3, 480, 112, True, True, 1),
    Stage(3, 672, 112, True, True, 1),
    Stage(5, 672, 160, True, True, 2),
    Stage(5, 960, 160, True, True, 1),
    Stage(5, 960, 160, True, True, 1),
)
# Before this block the projections stay in FP32. Chosen on validation speakers.
FIRST_INT8_PROJECTION = 5


def divisible(channels: float) -> int:
    """Round to a multiple of 8, at least 8, and by no more than 10 % downwards."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


class ConvNormActivation(nn.Sequential):
    """Convolution that keeps the size (but for its stride), normalisation, activation if any."""

    def __init__(self, channels_in: int, channels: int, kernel: int, stride: int = 1,
                 groups: int = 1, activation: type[nn.Module] | None = None):
        layers: list[nn.Module] = [
            nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2, groups=groups,
                      bias=False),
            nn.BatchNorm2d(channels, eps=0.001, momentum=0.01)]
        if activation is not None:
            layers.append(activation(inplace=True))
        super().__init__(*layers)

    @property
    def conv(self) -> nn.Conv2d:
        """The convolution."""
        return typed(self[0], nn.Conv2d)

    @property
    def norm(self) -> nn.BatchNorm2d:
        """The normalisation."""
        return typed(self[1], nn.BatchNorm2d)

    @property
    def activation(self) -> nn.Module | None:
        """The activation, if any."""
        return self[2] if len(self) > 2 else None

    def to_onnx(self, graph: Graph, name: str, source: str) -> str:
        """Add the layer to a graph and return the name of its output."""
        last = graph.convolve(name, source, self.conv, self.norm)
        if self.activation is None:
            return last
        if isinstance(self.activation, nn.ReLU):
            return graph.add('Relu', name + '.relu', [last])
        return graph.hard_swish(name + '.swish', last)


class SqueezeExcitation(nn.Module):
    """Scales of the channels from their means (Hu et al. 2018, arXiv:1709.01507)."""

    def __init__(self, channels: int):
        super().__init__()
        squeezed = divisible(channels // SQUEEZE_RATIO)
        self.fc1 = nn.Linear(channels, squeezed)
        self.fc2 = nn.Linear(squeezed, channels)

    def forward(self, inner: torch.Tensor) -> torch.Tensor:
        """(batch, channels, h, w) -> the same."""
        scale = torch.sigmoid(self.fc2(torch.relu(self.fc1(inner.mean((2, 3))))))
        return inner * scale[:, :, None, None]

    def to_onnx(self, graph: Graph, name: str, source: str) -> str:
        """Add the layer to a graph and return the name of its output."""
        scale = graph.add('GlobalAveragePool', name + '.mean', [source])
        scale = graph.add('Relu', name + '.relu', [
            graph.pointwise(name + '.fc1', scale, self.fc1)])
        scale = graph.add('Sigmoid', name + '.scale', [
            graph.pointwise(name + '.fc2', scale, self.fc2)])
        return graph.add('Mul', name, [source, scale])


class SqueezeLayers(nn.Module):
    """EfficientAT may squeeze over several axes; its published networks do over one."""

    def __init__(self, channels: int):
        super().__init__()
        self.conc_se_layers = nn.ModuleList([SqueezeExcitation(channels)])

    @property
    def squeeze(self) -> SqueezeExcitation:
        """The one layer."""
        return typed(self.conc_se_layers[0], SqueezeExcitation)

    def forward(self, inner: torch.Tensor) -> torch.Tensor:
        """(batch, channels, h, w) -> the same."""
        return self.squeeze(inner)


class InvertedResidual(nn.Module):
    """Expand the channels, convolve each by itself, squeeze and excite, project."""

    def __init__(self, channels_in: int, stage: Stage, width: float):
        super().__init__()
        expanded, channels = divisible(width * stage.expanded), divisible(width * stage.channels)
        activation = nn.Hardswish if stage.hard_swish else nn.ReLU
        layers: list[nn.Module] = []
        if expanded != channels_in:
            layers.append(ConvNormActivation(channels_in, expanded, 1, activation=activation))
        layers.append(ConvNormActivation(
            expanded, expanded, stage.kernel, stage.stride, expanded, activation))
        if stage.squeeze:
            layers.append(SqueezeLayers(expanded))
        layers.append(ConvNormActivation(expanded, channels, 1))
        self.block = nn.Sequential(*layers)
        self.has_shortcut = stage.stride == 1 and channels_in == channels

    def forward(self, inner: torch.Tensor) -> torch.Tensor:
        """(batch, channels_in, h, w) -> (batch, channels, h / stride, w / stride)."""
        return self.block(inner) + inner if self.has_shortcut else self.block(inner)

    def to_onnx(self, graph: Graph, name: str, source: str) -> str:
        """Add the block to a graph and return the name of its output."""
        last = source
        for index, layer in enumerate(self.block):
            if isinstance(layer, SqueezeLayers):
                last = layer.squeeze.to_onnx(graph, f'{name}.squeeze', last)
            elif isinstance(layer, ConvNormActivation):
                last = layer.to_onnx(graph, f'{name}.conv{index}', last)
        return graph.add('Add', name + '.add', [last, source]) if self.has_shortcut else last


class MobileNetV3(Network):
    """(batch, 1, bands, hops) -> (batch, classes) logits.

    Args:
        width: multiplies the channel counts, which are rounded to multiples of 8. At 0.4, which
            EfficientAT calls mn04, and 7 classes: 0.72 M parameters.
        dropout: share of the inputs of the last layer that are dropped in training.
    """

    def __init__(self, classes: int, width: float = 1.0, dropout: float = 0.2):
        super().__init__()
        channels = divisible(width * STEM_CHANNELS)
        layers: list[nn.Module] = [ConvNormActivation(1, channels, 3, 2, activation=nn.Hardswish)]
        for stage in STAGES:
            layers.append(InvertedResidual(channels, stage, width))
            channels = divisible(width * stage.channels)
        layers.append(ConvNormActivation(
            channels, TAIL_RATIO * channels, 1, activation=nn.Hardswish))
        self.features = nn.Sequential(*layers)
        hidden = divisible(width * HIDDEN_CHANNELS)
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(TAIL_RATIO * channels, hidden),
            nn.Hardswish(), nn.Dropout(dropout), nn.Linear(hidden, classes))
        _initialise(self)

    @classmethod
    def from_config(cls, config: Config, input_shape: tuple[int, ...]) -> 'MobileNetV3':
        """Make the network, for images of any size."""
        return cls(len(config.labels), config.width, config.training.dropout)

    @property
    def hidden(self) -> nn.Linear:
        """The last layer but one."""
        return typed(self.classifier[2], nn.Linear)

    @property
    def output(self) -> nn.Linear:
        """The last layer."""
        return typed(self.classifier[-1], nn.Linear)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Compute the logits."""
        return self.classifier(self.features(images))

    def to_onnx(self, graph: Graph) -> str:
        """Add the network to a graph, node by node."""
        last = graph.input
        for index, layer in enumerate(self.features):
            if isinstance(layer, InvertedResidual):
                last = layer.to_onnx(graph, f'block{index}', last)
            elif isinstance(layer, ConvNormActivation):
                last = layer.to_onnx(graph, f'conv{index}', last)
        last = graph.add('Flatten', 'flat', [graph.add('GlobalAveragePool', 'mean', [last])])
        last = graph.hard_swish('hidden.swish', graph.linear('hidden', last, self.hidden))
        return graph.linear('logits', last, self.output)

    def int8_prefixes(self) -> tuple[str, ...]:
        """Return the layers that hold four fifths of the weights and move the answers least.

        What is expanded and what goes through a depthwise convolution is then weighed by hard
        swish, and the steps of the early, large images add up: these layers stay in FP32.
        """
        names = ['hidden']
        for index, layer in enumerate(self.features):
            if isinstance(layer, InvertedResidual):
                names.append(f'block{index}.squeeze.fc')
                if index >= FIRST_INT8_PROJECTION:
                    names.append(f'block{index}.conv{len(layer.block) - 1}')
            elif index > 0:
                names.append(f'conv{index}')
        return tuple(names)

    def load_pretrained(self, path: Path) -> None:
        """Take over all weights of an EfficientAT file but those of the last layer.

        Raises:
            SerError: if the file cannot be read, or is of another network or width.
        """
        last = f'classifier.{len(self.classifier) - 1}.'
        pretrained.load(self, path, lambda name: name.startswith(last))


def _initialise(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode='fan_out')
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.01)
            nn.init.zeros_(module.bias)
