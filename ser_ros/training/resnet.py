# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
ResNet34 (He et al. 2016, arXiv:1512.03385) with a width multiplier and a small head.

At width 1 on 3x128x128: 21.4 M parameters, 1.2 GMAC.
"""

import torch
from torch import nn

STAGE_BLOCKS = (3, 4, 6, 3)
STAGE_CHANNELS = (64, 128, 256, 512)
HEAD_CHANNELS = 128


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


class ResNet34(nn.Module):
    """
    (batch, 3, 128, 128) -> (batch, classes) logits.

    :param width: multiplies every channel count of the reference; 0.5 needs a quarter of its
        parameters and multiplications.
    :param dropout: share of the head's inputs that are dropped in training.
    """

    def __init__(self, classes: int, width: float = 1.0, dropout: float = 0.3):
        super().__init__()
        channels = [max(1, round(width * count)) for count in STAGE_CHANNELS]
        self.conv1 = nn.Conv2d(3, channels[0], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels[0])
        self.pool = nn.MaxPool2d(3, 2, 1)
        blocks: list[BasicBlock] = []
        channels_in = channels[0]
        for stage, (count, channels_out) in enumerate(zip(STAGE_BLOCKS, channels, strict=True)):
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                blocks.append(BasicBlock(channels_in, channels_out, stride))
                channels_in = channels_out
        self.blocks = nn.Sequential(*blocks)
        self.hidden = nn.Linear(channels[-1], HEAD_CHANNELS)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(HEAD_CHANNELS, classes)
        _initialise(self)

    def residual_blocks(self) -> list[BasicBlock]:
        """Return the blocks in their order."""
        return [block for block in self.blocks if isinstance(block, BasicBlock)]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Compute the logits."""
        inner = self.pool(torch.relu(self.bn1(self.conv1(images))))
        pooled = self.blocks(inner).mean((2, 3))
        hidden = torch.relu(self.hidden(self.dropout(pooled)))
        return self.output(self.dropout(hidden))


def _initialise(network: ResNet34) -> None:
    """Kaiming's normal weights, and every block starting as the identity (arXiv:1706.02677)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode='fan_out', nonlinearity='relu')
        elif isinstance(module, BasicBlock):
            nn.init.zeros_(module.bn2.weight)
