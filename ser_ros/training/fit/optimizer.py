# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The optimizer and its learning rates over the steps."""

import torch
from torch import nn
from torch.optim import lr_scheduler

from ser_ros.errors import SerError
from ser_ros.training.config import Training
from ser_ros.training.networks.base import Network

WARM_UP = 0.2  # share of one cycle's steps until the learning rate is at its peak
START = 1 / 25  # learning rate at the first step relative to its peak


def make_optimizer(network: nn.Module, settings: Training) -> torch.optim.Optimizer:
    """Make AdamW for the parameters that are trained.

    Raises:
        SerError: if the head has a learning rate of its own, but the network names no head.
    """
    head = network.head_parameters() if isinstance(network, Network) else []
    if settings.head_learning_rate and not head:
        raise SerError(f'head_learning_rate is {settings.head_learning_rate:g}, but '
                       f'{type(network).__name__} has one learning rate for all; leave the key out')
    apart = {id(tensor) for tensor in head} if settings.head_learning_rate else set()
    parameters = [tensor for tensor in network.parameters() if tensor.requires_grad]
    groups = _groups([tensor for tensor in parameters if id(tensor) not in apart],
                     settings.learning_rate, settings.weight_decay)
    if apart:
        groups += _groups([tensor for tensor in parameters if id(tensor) in apart],
                          settings.head_learning_rate, settings.weight_decay)
    return torch.optim.AdamW(groups, settings.learning_rate)


def _groups(parameters: list[nn.Parameter], rate: float, weight_decay: float) -> list[dict]:
    """Biases and the scales of normalisation, which have one dimension, do not decay."""
    return [{'params': [tensor for tensor in parameters if tensor.ndim > 1], 'lr': rate,
             'weight_decay': weight_decay},
            {'params': [tensor for tensor in parameters if tensor.ndim <= 1], 'lr': rate,
             'weight_decay': 0.0}]


def make_schedule(optimizer: torch.optim.Optimizer,
                  settings: Training) -> lr_scheduler.LRScheduler:
    """One cycle where the end is known; else a rise over one epoch, and then no change."""
    steps = settings.steps_per_epoch
    if settings.patience:
        return lr_scheduler.LinearLR(
            optimizer, start_factor=START, total_iters=settings.warm_up_steps or steps)
    total = steps * settings.epochs
    return lr_scheduler.OneCycleLR(
        optimizer, [group['lr'] for group in optimizer.param_groups], total_steps=total,
        pct_start=settings.warm_up_steps / total if settings.warm_up_steps else WARM_UP,
        div_factor=1 / START)


def check_batch(settings: Training, processes: int) -> None:
    """Make sure that processes and parts of a batch get the same number of windows.

    Raises:
        SerError: if they do not.
    """
    parts = processes * settings.accumulation
    last = settings.windows_per_epoch % settings.batch
    for name, size in (('batch is', settings.batch), (
            f'windows_per_epoch is {settings.windows_per_epoch}, so the last batch is', last)):
        if size % parts:
            raise SerError(f'training.{name} {size}; allowed: a multiple of {parts}, which is '
                           f'processes x accumulation ({processes} x {settings.accumulation})')
