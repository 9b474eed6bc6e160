# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The networks that a configuration can name."""

from pathlib import Path

from ser_ros.features import FEATURE_SETS
from ser_ros.training.config import Config, Partner
from ser_ros.training.ensemble import Ensemble
from ser_ros.training.mobilenet import MobileNetV3
from ser_ros.training.resnet import RESNET_BLOCKS, ResNet

Network = ResNet | MobileNetV3 | Ensemble


def make_network(config: Config) -> Network:
    """
    Make the network to be trained, with its pretrained weights where the configuration has some.

    :raises SerError: if these cannot be read or do not fit.
    """
    members = [_make_member(entry, config) for entry in config.members]
    return Ensemble(members) if len(members) > 1 else members[0]


def _make_member(entry: Partner, config: Config) -> ResNet | MobileNetV3:
    arguments = (len(config.labels), entry.width, config.training.dropout)
    network: ResNet | MobileNetV3
    if entry.network == 'mobilenet_v3':
        network = MobileNetV3(*arguments)
    else:
        channels = FEATURE_SETS[config.feature_set].shape[0]
        network = ResNet(RESNET_BLOCKS[entry.network], channels, *arguments)
    if entry.pretrained:
        network.load_pretrained(Path(entry.pretrained))
    return network
