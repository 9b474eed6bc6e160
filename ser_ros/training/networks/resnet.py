# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ResNets of basic blocks (He et al. 2016, arXiv:1512.03385) with a width multiplier.

ResNet34 at width 1 on 3x128x128: 21.4 M parameters, 1.2 GMAC. ResNet10, with one block a stage,
at width 0.5 on 1x104x256: 1.3 M parameters, 0.12 GMAC.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from ser_ros.errors import SerError
from ser_ros.training.config import Config
from ser_ros.training.networks import pretrained
from ser_ros.training.networks.base import Network
from ser_ros.training.networks.onnx_graph import Graph

RESNET_BLOCKS = {'resnet34': (3, 4, 6, 3), 'resnet10': (1, 1, 1, 1)}  # by stage
STAGE_CHANNELS = (64, 128, 256, 512)
HEAD_CHANNELS = 128
HEAD = ('hidden.', 'output.', 'fc.')  # here and in torchvision
# torchvision's names of the projection around a block.
PROJECTION = {'downsample.0': 'conv3', 'downsample.1': 'bn3'}


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and the shortcut around them."""

    def __init__(self, channels_in: int, channels: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.has_projection = stride != 1 or channels_in != channels
        if self.has_projection:
            self.conv3 = nn.Conv2d(channels_in, channels, 1, stride, bias=False)
            self.bn3 = nn.BatchNorm2d(channels)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(batch, channels_in, h, w) -> (batch, channels, h / stride, w / stride)."""
        inner = torch.relu(self.bn1(self.conv1(image)))
        aside = self.bn3(self.conv3(image)) if self.has_projection else image
        return torch.relu(self.bn2(self.conv2(inner)) + aside)

    def to_onnx(self, graph: Graph, name: str, source: str) -> str:
        """Add the block to a graph and return the name of its output."""
        inner = graph.convolve(name + '.conv1', source, self.conv1, self.bn1)
        inner = graph.add('Relu', name + '.relu1', [inner])
        inner = graph.convolve(name + '.conv2', inner, self.conv2, self.bn2)
        aside = source
        if self.has_projection:
            aside = graph.convolve(name + '.conv3', source, self.conv3, self.bn3)
        return graph.add('Relu', name + '.relu2', [
            graph.add('Add', name + '.add', [inner, aside])])


class ResNet(Network):
    """(batch, channels_in, bands, hops) -> (batch, classes) logits.

    Args:
        blocks: number of blocks of each stage.
        width: multiplies every channel count of the reference; 0.5 needs a quarter of its
            parameters and multiplications.
        dropout: share of the head's inputs that are dropped in training.
    """

    def __init__(self, blocks: Sequence[int], channels_in: int, classes: int, width: float = 1.0,
                 dropout: float = 0.3):
        super().__init__()
        self._shape = (tuple(blocks), channels_in, width)
        channels = [max(1, round(width * count)) for count in STAGE_CHANNELS]
        self.conv1 = nn.Conv2d(channels_in, channels[0], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels[0])
        self.pool = nn.MaxPool2d(3, 2, 1)
        layers: list[BasicBlock] = []
        channels_in = channels[0]
        for stage, (count, channels_out) in enumerate(zip(blocks, channels, strict=True)):
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                layers.append(BasicBlock(channels_in, channels_out, stride))
                channels_in = channels_out
        self.blocks = nn.Sequential(*layers)
        self.hidden = nn.Linear(channels[-1], HEAD_CHANNELS)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(HEAD_CHANNELS, classes)
        _initialise(self)

    @classmethod
    def from_config(cls, config: Config, input_shape: tuple[int, ...]) -> 'ResNet':
        """Make the ResNet that the configuration names, for images of any size."""
        return cls(RESNET_BLOCKS[config.network], input_shape[0], len(config.labels), config.width,
                   config.training.dropout)

    def residual_blocks(self) -> list[BasicBlock]:
        """Return the blocks in their order."""
        return [block for block in self.blocks if isinstance(block, BasicBlock)]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Compute the logits."""
        inner = self.pool(torch.relu(self.bn1(self.conv1(images))))
        pooled = self.blocks(inner).mean((2, 3))
        hidden = torch.relu(self.hidden(self.dropout(pooled)))
        return self.output(self.dropout(hidden))

    def to_onnx(self, graph: Graph) -> str:
        """Add the network to a graph, node by node."""
        last = graph.convolve('conv1', graph.input, self.conv1, self.bn1)
        last = graph.add('Relu', 'relu1', [last])
        last = graph.add('MaxPool', 'pool', [last], kernel_shape=[3, 3], strides=[2, 2],
                         pads=[1, 1, 1, 1])
        for index, block in enumerate(self.residual_blocks()):
            last = block.to_onnx(graph, f'block{index}', last)
        last = graph.add('Flatten', 'flat', [graph.add('GlobalAveragePool', 'mean', [last])])
        last = graph.add('Relu', 'hidden.relu', [graph.linear('hidden', last, self.hidden)])
        return graph.linear('logits', last, self.output)

    def load_pretrained(self, path: Path) -> None:
        """Take over the weights of torchvision's ResNet34, such as ImageNet's, except its head's.

        Raises:
            SerError: if this is not a resnet34 of width 1 for images of 3 channels, or the file
                cannot be read or is of another network.
        """
        blocks, channels_in, width = self._shape
        if self._shape != (RESNET_BLOCKS['resnet34'], 3, 1.0):
            raise SerError(f'pretrained: {path} fits only a resnet34 of width 1.0 with 3 input '
                           f'channels; this network has blocks {blocks}, width {width} and '
                           f'{channels_in} channels')
        pretrained.load(self, path, lambda name: name.startswith(HEAD), own_name)


def own_name(name: str) -> str:
    """Return the name that a weight of torchvision's ResNet34 has here.

    ``layer2.0.downsample.0.weight`` is ``blocks.3.conv3.weight``; other names stay as they are.
    """
    match = re.fullmatch(r'layer([1-4])\.(\d+)\.(.+)', name)
    if match is None:
        return name
    before = sum(RESNET_BLOCKS['resnet34'][:int(match[1]) - 1])
    inner = match[3]
    for theirs, ours in PROJECTION.items():
        inner = inner.replace(theirs, ours)
    return f'blocks.{before + int(match[2])}.{inner}'


def _initialise(network: ResNet) -> None:
    """Kaiming's normal weights, and every block starting as the identity (arXiv:1706.02677)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode='fan_out', nonlinearity='relu')
        elif isinstance(module, BasicBlock):
            nn.init.zeros_(module.bn2.weight)
