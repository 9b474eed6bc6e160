# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The networks that a configuration can name."""

from pathlib import Path

from ser_ros.errors import SerError
from ser_ros.training.config import Config
from ser_ros.training.mobilenet import MobileNetV3
from ser_ros.training.resnet import ResNet34

Network = ResNet34 | MobileNetV3


def make_network(config: Config) -> Network:
    """
    Make the network to be trained, with its pretrained weights where the configuration has some.

    :raises SerError: if these cannot be read or do not fit.
    """
    arguments = (len(config.labels), config.width, config.training.dropout)
    if config.network == 'mobilenet_v3':
        network = MobileNetV3(*arguments)
        if config.pretrained:
            network.load_pretrained(Path(config.pretrained))
        return network
    if config.pretrained:
        raise SerError(f'pretrained: {config.network} starts from random weights here')
    return ResNet34(*arguments)
