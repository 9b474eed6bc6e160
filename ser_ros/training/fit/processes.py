# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The processes that train together: one by itself, or several that were started together."""

import contextlib
import functools
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

import numpy as np
import torch
from accelerate import Accelerator, DistributedDataParallelKwargs, InitProcessGroupKwargs
from accelerate.utils import broadcast_object_list, gather_object

Value = TypeVar('Value')
# A process that has died ends the others at once. One may compute features for days.
PATIENCE = timedelta(days=30)


@functools.lru_cache(maxsize=1)
def accelerator() -> Accelerator:
    """Return what joins the processes; the first call waits for all of them."""
    # Parameters that no loss depends on are looked for in every step. So the gradients are summed
    # in the same order in every step, also in the first one after a training was resumed.
    # Precision and accumulation are the configuration's, not those that the user of accelerate set.
    return Accelerator(cpu=not torch.cuda.is_available(), mixed_precision='no',
                       gradient_accumulation_steps=1, kwargs_handlers=[
                           InitProcessGroupKwargs(timeout=PATIENCE),
                           DistributedDataParallelKwargs(find_unused_parameters=True)])


def expected() -> int:
    """Return how many processes the environment says there are, without waiting for them."""
    return int(os.environ.get('WORLD_SIZE', '1'))


def count() -> int:
    """Return the number of the processes."""
    return accelerator().num_processes


def rank() -> int:
    """Return the number of this process, from 0."""
    return accelerator().process_index


def is_main() -> bool:
    """Return whether this is the process that writes and prints."""
    return rank() == 0


def broadcast(value: Value) -> Value:
    """Return the value of the main process; those of the others do not count."""
    return value if count() == 1 else broadcast_object_list([value])[0]


def gather(value: Value) -> list[Value]:
    """Return the values of all processes, in their order."""
    return [value] if count() == 1 else gather_object([value])


@contextlib.contextmanager
def main_first() -> Iterator[None]:
    """Do something in the main process, and then in the others, which find what it has done."""
    if not is_main():
        gather(None)
    yield
    if is_main():
        gather(None)


def share_buffers(module: torch.nn.Module) -> None:
    """Take over what is not trained, such as means of batch normalisation, of the main process."""
    if count() > 1:
        for buffer in module.buffers():
            torch.distributed.broadcast(buffer, 0)


def vary_generators(seed: int) -> None:
    """Have each process drop out other values; the main one goes on as it would by itself."""
    if not is_main():
        torch.manual_seed(int(np.random.SeedSequence((seed, rank())).generate_state(1)[0]))


def generators() -> dict[str, torch.Tensor]:
    """Return the state of torch's generators in this process."""
    states = {'torch': torch.get_rng_state()}
    if torch.cuda.is_available():
        states['cuda'] = torch.cuda.get_rng_state()
    return states


def set_generators(states: dict[str, torch.Tensor]) -> None:
    """Go on from what `generators` returned."""
    # A view of a tensor that came from another process would crash this one.
    torch.set_rng_state(states['torch'].clone())
    if 'cuda' in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states['cuda'].clone())


def describe() -> str:
    """Return in words how many processes there are, and on which devices."""
    devices = gather(_device_name())
    return (f'{len(devices)} process{"es" * (len(devices) > 1)} on {", ".join(devices)}; '
            f'CPU threads of each: {torch.get_num_threads()}')


def _device_name() -> str:
    device = accelerator().device
    if device.type != 'cuda':
        return device.type
    return f'{device} ({torch.cuda.get_device_name(device)})'


def leave() -> None:
    """End the connection to the other processes."""
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
