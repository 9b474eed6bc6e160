# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files of pretrained weights: state dictionaries that torch has saved."""

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import nn

from ser_ros.errors import SerError
from ser_ros.files import check_regular


def load(network: nn.Module, path: Path, head: Callable[[str], bool],
         rename: Callable[[str], str] = str) -> None:
    """Take over all weights of a file but those of the head, which stay as they are.

    Args:
        head: whether a name, of the network's or after ``rename``, belongs to the head.
        rename: from the file's names to the network's.

    Raises:
        SerError: if the file cannot be read, or is of another network or width.
    """
    weights = {rename(name): value for name, value in read(path).items()}
    kept = {name: value for name, value in weights.items() if not head(name)}
    own = {name: value for name, value in network.state_dict().items() if head(name)}
    try:
        network.load_state_dict({**kept, **own})
    except RuntimeError as error:
        raise SerError(f'{path} has the weights of another network or width: {error}') from error


def read(path: Path) -> Mapping[str, torch.Tensor]:
    """Return the weights by name.

    Raises:
        SerError: if the file cannot be read, or holds something else.
    """
    try:
        check_regular(str(path))
        state = torch.load(path, map_location='cpu', weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise SerError(f'cannot read the pretrained weights {path}: {error}') from error
    if not isinstance(state, dict) or not all(
            isinstance(value, torch.Tensor) for value in state.values()):
        raise SerError(f'{path} must be a state dictionary: names and tensors')
    return state
