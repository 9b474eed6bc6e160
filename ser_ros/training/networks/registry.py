# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Make the network that a configuration names."""

from pathlib import Path

from ser_ros.errors import SerError
from ser_ros.training.config import NETWORKS, Config
from ser_ros.training.networks.base import FrozenNetwork, Network


def make_network(config: Config) -> Network:
    """Make the network to be trained, with its pretrained weights where the configuration has some.

    Args:
        config: its partners are left out.

    Raises:
        SerError: if there is no such network, it does not suit the feature set, or its weights
            cannot be read or do not fit.
    """
    network_class = NETWORKS[config.network]
    if not (isinstance(network_class, type) and issubclass(network_class, Network)):
        raise SerError(f'the network {config.network!r} must be a subclass of '
                       f'ser_ros.training.networks.base.Network, got {network_class!r}')
    network = network_class.from_config(config, config.make_extractor().input_shape)
    if isinstance(network, FrozenNetwork) and not config.pretrained:
        raise SerError(f'network {config.network} needs pretrained: the file of the encoder, which '
                       'is not trained')
    if config.pretrained:
        network.load_pretrained(Path(config.pretrained))
    return network
