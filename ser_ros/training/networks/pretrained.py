# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files of pretrained weights: state dictionaries of torch, or safetensors. Nothing runs code."""

import hashlib
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from ser_ros.errors import SerError
from ser_ros.files import check_regular

_BLOCK = 1 << 24


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
        reason = str(error).split('\n', 1)[0]
        raise SerError(f'cannot read the pretrained weights {path}: {reason}') from error
    if not isinstance(state, dict) or not all(
            isinstance(value, torch.Tensor) for value in state.values()):
        raise SerError(f'{path} must be a state dictionary: names and tensors')
    return state


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a safetensors file by name.

    Raises:
        SerError: if the file cannot be read.
    """
    try:
        check_regular(str(path))
        return load_file(path)
    except Exception as error:  # the library has an error class of its own for each fault
        raise SerError(f'cannot read the pretrained weights {path}: {error}') from error


def file_sha256(path: Path) -> str:
    """Return the hash of a file of pretrained weights.

    Raises:
        SerError: if it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        check_regular(str(path))
        with open(path, 'rb') as file:
            for block in iter(lambda: file.read(_BLOCK), b''):
                digest.update(block)
    except OSError as error:
        raise SerError(
            f'cannot read the pretrained weights {path}: {error.strerror}') from error
    return digest.hexdigest()
