# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All that changes while a network is trained, in one place, and one epoch of it."""

import copy
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ser_ros.training.config import Config
from ser_ros.training.fit import processes
from ser_ros.training.fit.averaging import make_average
from ser_ros.training.fit.batch import Batch, Mixup, draw_mixup, make, pieces
from ser_ros.training.fit.device import autocast, check_precision, device
from ser_ros.training.fit.history import Epoch, best, is_over
from ser_ros.training.fit.optimizer import check_batch, make_optimizer, make_schedule
from ser_ros.training.networks.base import FrozenNetwork, Network
from ser_ros.training.networks.registry import make_network

MAX_GRADIENT_NORM = 5.0


class Trainer:
    """A network in training.

    Attributes:
        settings: how it is trained.
        whole: the network with the part that stays as it is.
        network: what the steps change.
        averaged: the running mean of its weights, which is what is measured and kept.
        history: values of each epoch that is done.
        best: weights of the best epoch so far.
        standard: mean and deviation that the frozen part of the network was given, if it has one.
        tuned: weights of those of its layers that were tuned, by name.
    """

    def __init__(self, config: Config, generator: np.random.Generator):
        """Make the network, and all that goes with it.

        Args:
            generator: from which the training windows are drawn; it is part of the state.

        Raises:
            SerError: if the pretrained weights cannot be read or do not fit, or the settings do
                not suit the network or this machine.
        """
        self.settings = settings = config.training
        check_precision(settings.precision)
        check_batch(settings, processes.count())
        self._classes = len(config.labels)
        self._tuned_layers = config.encoder.tuning.layers
        self._generator = generator
        self.whole = make_network(config)
        self.network = _synchronised(self.whole.trainable)
        if settings.gradient_checkpointing:
            (self.network if isinstance(self.network, Network)
             else self.whole).enable_gradient_checkpointing()
        # Makes no difference to weights of other than two-dimensional convolutions.
        self.network.to(  # type: ignore[call-overload]
            device(), memory_format=torch.channels_last)
        self.averaged = make_average(self.network, settings.averaging)
        self._optimizer = make_optimizer(self.network, settings)
        self._schedule = make_schedule(self._optimizer, settings)
        self._scaler = torch.amp.GradScaler(
            device().type, enabled=settings.precision == 'fp16')
        self._computed = processes.accelerator().prepare(_WithExtraLoss(self.network))
        self._losses: list[float] = []
        self.best: dict[str, torch.Tensor] = {}
        self.standard: dict[str, torch.Tensor] = {}
        self.tuned: dict[str, torch.Tensor] = {}
        self.history: list[Epoch] = []

    @property
    def is_finished(self) -> bool:
        """Whether there is no epoch left, or none has been better for too long."""
        return is_over(self.history, self.settings)

    @property
    def steps_done(self) -> int:
        """The number of steps of the epoch that has begun."""
        return len(self._losses)

    @property
    def windows_done(self) -> int:
        """The number of windows that were drawn in all epochs."""
        settings = self.settings
        return (len(self.history) * settings.windows_per_epoch
                + min(self.steps_done * settings.batch, settings.windows_per_epoch))

    def standardise(self, mean: torch.Tensor, deviation: torch.Tensor) -> None:
        """Give the frozen part mean and deviation of what it makes of the training windows."""
        assert isinstance(self.whole, FrozenNetwork)
        self.whole.standardise(mean, deviation)
        self.standard = {'mean': mean, 'deviation': deviation}

    def take_tuned(self, weights: dict[str, torch.Tensor]) -> None:
        """Give the frozen part the weights of layers that were tuned."""
        found = self.whole.load_state_dict(weights, strict=False)
        assert not found.unexpected_keys, found.unexpected_keys
        self.tuned = weights

    def train_epoch(self, batches: Iterable[Batch], is_due: Callable[[], bool] = lambda: False,
                    save: Callable[[], None] = lambda: None) -> float:
        """Take a step for each batch, and return the mean loss of the epoch.

        Args:
            batches: those that are left of the epoch.
            is_due: returns whether the state is to be kept now; that of the main process counts.
            save: keeps it.
        """
        self.network.train()
        for batch in batches:
            losses, due = zip(*processes.gather((self._take_step(batch), is_due())), strict=True)
            self._losses.append(float(np.mean(losses)))
            if due[0]:
                save()
        return float(np.mean(self._losses))

    def _take_step(self, batch: Batch) -> float:
        """Change the weights by one batch, and return the mean loss of this process's rows."""
        accelerator, settings = processes.accelerator(), self.settings
        mixup = processes.broadcast(draw_mixup(len(batch), settings.mixup))
        self._optimizer.zero_grad()
        parts = pieces(len(batch), settings.accumulation, processes.count(), processes.rank())
        losses = []
        for rows in parts[:-1]:
            with accelerator.no_sync(self._computed):
                losses.append(self._add_gradients(batch, mixup, rows))
        losses.append(self._add_gradients(batch, mixup, parts[-1]))
        self._scaler.unscale_(self._optimizer)
        accelerator.clip_grad_norm_(self.network.parameters(), MAX_GRADIENT_NORM)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._schedule.step()
        self.averaged.update_parameters(self.network)
        return float(np.mean(losses))

    def _add_gradients(self, batch: Batch, mixup: Mixup | None, rows: slice) -> float:
        loss, extra = self._loss(batch, mixup, rows)
        both = loss if extra is None else loss + extra
        processes.accelerator().backward(
            self._scaler.scale(both / self.settings.accumulation))
        return loss.item()

    def _loss(self, batch: Batch, mixup: Mixup | None,
              rows: slice) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return the loss of some rows, and what the network adds to it."""
        inputs, targets = make(batch, mixup, rows, self._classes)
        speakers = torch.from_numpy(batch.speakers[rows]).to(device())
        with autocast(self.settings.precision):
            output, extra = self._computed(
                arranged(inputs.to(device())), speakers, self._progress())
        loss = functional.cross_entropy(output.float(), targets.to(device()),
                                        label_smoothing=self.settings.label_smoothing)
        return loss, extra

    def _progress(self) -> float:
        """Return the share of all steps that are done, up to 1."""
        steps = self.settings.steps_per_epoch
        return (len(self.history) * steps + self.steps_done) / (self.settings.epochs * steps)

    def add(self, loss: float, **figures: Any) -> Epoch:
        """Put an epoch's figures into the history, and keep its weights if it is the best.

        Args:
            loss: mean of its steps.
            **figures: those of `Epoch` on the validation speakers.
        """
        epoch = Epoch(len(self.history) + 1, loss, float(self._schedule.get_last_lr()[0]),
                      **figures)
        self.history.append(epoch)
        self._losses = []
        if best(self.history) is epoch:
            self.best = {name: tensor.detach().cpu().clone()
                         for name, tensor in self.averaged.module.state_dict().items()}
        return epoch

    def best_network(self) -> Network:
        """Return the network with the weights of the best epoch."""
        self.whole.trainable.load_state_dict(self.best)
        return self.whole.cpu().eval()

    def sizes(self) -> tuple[int, int]:
        """Return the bytes of a checkpoint, about, and of the weights of the best epoch."""
        network, averaged = _bytes(self.network.state_dict()), _bytes(self.averaged.state_dict())
        moments = 2 * sum(tensor.numel() * tensor.element_size()
                          for tensor in self.network.parameters() if tensor.requires_grad)
        tuned = (_bytes(self.whole.last_layers(self._tuned_layers).state_dict())
                 if self._tuned_layers and isinstance(self.whole, FrozenNetwork) else 0)
        return network + averaged + moments + tuned, network

    def state(self) -> dict[str, Any]:
        """Return all that is needed to go on bit for bit, but for the weights of the best epoch.

        All processes call it at once, since the state of their generators is part of it.
        """
        return {
            'network': self.network.state_dict(), 'averaged': self.averaged.state_dict(),
            'optimizer': self._optimizer.state_dict(), 'schedule': self._schedule.state_dict(),
            'scaler': self._scaler.state_dict(), 'losses': list(self._losses),
            'standard': self.standard, 'tuned': self.tuned,
            'history': [asdict(epoch) for epoch in self.history],
            'numpy': self._generator.bit_generator.state,
            'generators': processes.gather(processes.generators())}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned, in this version or in the one before."""
        self.network.load_state_dict(state['network'])
        self.averaged.load_state_dict(state['averaged'])
        self._optimizer.load_state_dict(state['optimizer'])
        self._schedule.load_state_dict(state['schedule'])
        self._scaler.load_state_dict(state.get('scaler', {}))
        self._losses = list(state.get('losses', []))
        self.take_tuned(state.get('tuned', {}))
        if state.get('standard'):
            self.standardise(**state['standard'])
        self.history = [Epoch(**values) for values in state['history']]
        self._generator.bit_generator.state = state['numpy']
        known = state['generators']
        if processes.rank() < len(known):
            processes.set_generators(known[processes.rank()])


class _WithExtraLoss(nn.Module):
    """Computes a network and what it adds to the loss in one call, as several processes need it."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, inputs: torch.Tensor, speakers: torch.Tensor,
                progress: float) -> tuple[torch.Tensor, torch.Tensor | None]:
        output = self.network(inputs)
        if not isinstance(self.network, Network):
            return output, None
        return output, self.network.extra_loss(speakers, progress)


def _synchronised(network: nn.Module) -> nn.Module:
    """Return the network; on several GPUs a copy whose batch normalisation is of the batch."""
    if processes.count() == 1 or device().type != 'cuda':
        return network
    return nn.SyncBatchNorm.convert_sync_batchnorm(copy.deepcopy(network))


def _bytes(tensors: dict[str, torch.Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())


def arranged(inputs: torch.Tensor) -> torch.Tensor:
    """Return a batch of images with the channels last in memory, which convolutions are fast on."""
    return inputs.to(memory_format=torch.channels_last) if inputs.ndim == 4 else inputs
