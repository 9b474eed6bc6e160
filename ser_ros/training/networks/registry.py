# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Make the network that a configuration names."""

from pathlib import Path

from ser_ros.errors import SerError
from ser_ros.training.config import NETWORKS, Config
from ser_ros.training.networks.base import FrozenNetwork, Network

# Bytes of the largest file that ONNX stores as one, less some for the graph itself.
MOST_BYTES = (1 << 31) - (1 << 22)


def network_class(config: Config) -> type[Network]:
    """Return the class of the network that the configuration names.

    Raises:
        SerError: if another package registered something else.
    """
    found = NETWORKS[config.network]
    if not (isinstance(found, type) and issubclass(found, Network)):
        raise SerError(f'the network {config.network!r} must be a subclass of '
                       f'ser_ros.training.networks.base.Network, got {found!r}')
    return found


def make_network(config: Config) -> Network:
    """Make the network to be trained, with its pretrained weights where the configuration has some.

    Args:
        config: its partners are left out.

    Raises:
        SerError: if there is no such network, it does not suit the feature set, or its weights
            cannot be read or do not fit, or its file would be too large.
    """
    network = network_class(config).from_config(config, config.make_extractor().input_shape)
    _check_size(network, config.network)
    if isinstance(network, FrozenNetwork) and not config.pretrained:
        raise SerError(f'network {config.network} needs pretrained: the file of the encoder, which '
                       'is not trained')
    if config.pretrained:
        network.load_pretrained(Path(config.pretrained))
    return network


def _check_size(network: Network, name: str) -> None:
    """Raise SerError now, not after the training, if the model would not fit into its file."""
    count = sum(parameter.numel() for parameter in network.parameters())
    if 4 * count > MOST_BYTES:
        raise SerError(
            f'network {name} has {count / 1e6:.0f} million parameters, so its fp32 file would '
            f'have {4 * count / 2 ** 30:.1f} GiB; an ONNX file has at most 2 GiB; take a smaller '
            'one')
