# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All that changes while a network is trained, in one place, and one epoch of it."""

import copy
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ser_ros.training.config import Config, Training
from ser_ros.training.fit.device import device
from ser_ros.training.fit.history import Epoch, best, is_over
from ser_ros.training.networks.base import Network
from ser_ros.training.networks.registry import make_network

WARM_UP = 0.2  # share of one cycle's steps until the learning rate is at its peak
START = 1 / 25  # learning rate at the first step relative to its peak
MAX_GRADIENT_NORM = 5.0


class Trainer:
    """A network in training.

    Attributes:
        settings: how it is trained.
        network: what the steps change.
        averaged: the running mean of its weights, which is what is measured and kept.
        history: values of each epoch that is done.
    """

    def __init__(self, config: Config, generator: np.random.Generator):
        """Make the network, and all that goes with it.

        Args:
            generator: from which the training windows are drawn; it is part of the state.

        Raises:
            SerError: if the pretrained weights cannot be read or do not fit.
        """
        self.settings = config.training
        self._classes = len(config.labels)
        self._generator = generator
        self.whole = make_network(config)
        self.network = self.whole.trainable
        # Makes no difference to weights of other than two-dimensional convolutions.
        self.network.to(  # type: ignore[call-overload]
            device(), memory_format=torch.channels_last)
        self.averaged = AveragedModel(
            self.network, multi_avg_fn=get_ema_multi_avg_fn(self.settings.averaging),
            use_buffers=True)
        self._optimizer = torch.optim.AdamW(
            _parameter_groups(self.network, self.settings.weight_decay),
            self.settings.learning_rate)
        self._schedule = _schedule(self._optimizer, self.settings)
        self._best: dict[str, torch.Tensor] = {}
        self.history: list[Epoch] = []

    @property
    def is_finished(self) -> bool:
        """Whether there is no epoch left, or none has been better for too long."""
        return is_over(self.history, self.settings)

    def train_epoch(self, batches: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
        """Take a step for each batch of windows and labels, and return the mean loss."""
        self.network.train()
        losses = []
        for inputs, labels in batches:
            loss = self._loss(
                torch.from_numpy(inputs).to(device()), torch.from_numpy(labels).to(device()))
            self._optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), MAX_GRADIENT_NORM)
            self._optimizer.step()
            self._schedule.step()
            self.averaged.update_parameters(self.network)
            losses.append(loss.item())
        return float(np.mean(losses))

    def _loss(self, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        settings = self.settings
        inputs, targets = _mix(inputs, labels, self._classes, settings.mixup)
        with torch.autocast(device().type, torch.bfloat16, enabled=settings.bf16):
            output = self.network(arranged(inputs))
        return functional.cross_entropy(
            output.float(), targets, label_smoothing=settings.label_smoothing)

    def add(self, loss: float, uar: dict[str, float]) -> Epoch:
        """Put an epoch's figures into the history, and keep its weights if it is the best."""
        epoch = Epoch(len(self.history) + 1, loss, float(self._schedule.get_last_lr()[0]), uar)
        self.history.append(epoch)
        if best(self.history) is epoch:
            self._best = copy.deepcopy(self.averaged.module.state_dict())
        return epoch

    def best_network(self) -> Network:
        """Return the network with the weights of the best epoch."""
        self.network.load_state_dict(self._best)
        return self.whole.cpu().eval()

    def state(self) -> dict[str, Any]:
        """Return all that is needed to go on bit for bit: tensors and plain values."""
        return {
            'network': self.network.state_dict(), 'averaged': self.averaged.state_dict(),
            'optimizer': self._optimizer.state_dict(), 'schedule': self._schedule.state_dict(),
            'best': self._best, 'history': [asdict(epoch) for epoch in self.history],
            'numpy': self._generator.bit_generator.state, 'torch': torch.get_rng_state(),
            'cuda': torch.cuda.get_rng_state_all()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.network.load_state_dict(state['network'])
        self.averaged.load_state_dict(state['averaged'])
        self._optimizer.load_state_dict(state['optimizer'])
        self._schedule.load_state_dict(state['schedule'])
        self._best = state['best']
        self.history = [Epoch(**values) for values in state['history']]
        self._generator.bit_generator.state = state['numpy']
        torch.set_rng_state(state['torch'])
        if state.get('cuda'):  # older checkpoints have none
            torch.cuda.set_rng_state_all(state['cuda'])


def _parameter_groups(network: torch.nn.Module, weight_decay: float) -> list[dict]:
    """Biases and the scales of normalisation, which have one dimension, do not decay."""
    parameters = list(network.parameters())
    return [{'params': [tensor for tensor in parameters if tensor.ndim > 1],
             'weight_decay': weight_decay},
            {'params': [tensor for tensor in parameters if tensor.ndim <= 1], 'weight_decay': 0.0}]


def _schedule(optimizer: torch.optim.Optimizer, settings: Training) -> lr_scheduler.LRScheduler:
    """One cycle where the end is known; else a rise over one epoch, and then no change."""
    steps = steps_per_epoch(settings)
    if settings.patience:
        return lr_scheduler.LinearLR(optimizer, start_factor=START, total_iters=steps)
    return lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=steps * settings.epochs,
        pct_start=WARM_UP, div_factor=1 / START)


def steps_per_epoch(settings: Training) -> int:
    """Return the number of batches that an epoch's windows make."""
    return -(-settings.windows_per_epoch // settings.batch)


def arranged(inputs: torch.Tensor) -> torch.Tensor:
    """Return a batch of images with the channels last in memory, which convolutions are fast on."""
    return inputs.to(memory_format=torch.channels_last) if inputs.ndim == 4 else inputs


def _mix(inputs: torch.Tensor, labels: torch.Tensor, classes: int,
         alpha: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Blend each window and its label with those of another one of the batch."""
    targets = functional.one_hot(labels, classes).float()
    if not alpha:
        return inputs, targets
    share = torch.distributions.Beta(alpha, alpha).sample((len(inputs),)).to(inputs.device)
    order = torch.randperm(len(inputs)).to(inputs.device)
    by_axis = share.reshape(-1, *[1] * (inputs.ndim - 1))
    mixed = torch.lerp(inputs, inputs[order], by_axis)
    return mixed, torch.lerp(targets, targets[order], share[:, None])
