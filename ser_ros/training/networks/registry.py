# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The networks that a configuration can name."""

from pathlib import Path

from ser_ros.features.registry import FEATURE_SETS
from ser_ros.training.config import Config
from ser_ros.training.networks.mobilenet import MobileNetV3
from ser_ros.training.networks.resnet import RESNET_BLOCKS, ResNet

Network = ResNet | MobileNetV3


def make_network(config: Config) -> Network:
    """
    Make the network to be trained, with its pretrained weights where the configuration has some.

    :param config: its partners are left out.
    :raises SerError: if the weights cannot be read or do not fit.
    """
    arguments = (len(config.labels), config.width, config.training.dropout)
    network: Network
    if config.network == 'mobilenet_v3':
        network = MobileNetV3(*arguments)
    else:
        channels = FEATURE_SETS[config.feature_set].shape[0]
        network = ResNet(RESNET_BLOCKS[config.network], channels, *arguments)
    if config.pretrained:
        network.load_pretrained(Path(config.pretrained))
    return network
