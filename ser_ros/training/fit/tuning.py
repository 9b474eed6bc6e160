# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Train the last layers of an encoder a little, before it is frozen and embeds the windows.

Layers that follow a head with random weights forget what they knew. So a head is trained first, on
what the encoder makes of some windows. It is thrown away in the end: the head that is kept learns
on embeddings of the tuned encoder, with the baselines of voices.
"""

import copy
import logging

import numpy as np
import torch
from torch.nn import functional
from torch.optim.lr_scheduler import OneCycleLR

from ser_ros.errors import SerError
from ser_ros.progress import Progress
from ser_ros.training.config import Config
from ser_ros.training.fit.device import autocast, device
from ser_ros.training.fit.embedded import BATCH, LEAST_DEVIATION, pool
from ser_ros.training.fit.windows import BalancedWindows
from ser_ros.training.networks.base import FrozenNetwork

LOGGER = logging.getLogger(__name__)
HEAD_STEPS = 600
HEAD_BATCH = 512
HEAD_LEARNING_RATE = 0.002
# Of the head, while it is trained together with the layers, relative to theirs.
HEAD_FACTOR = 10.0
WARM_UP = 0.1
MAX_GRADIENT_NORM = 1.0


def tune(network: FrozenNetwork, windows: BalancedWindows, config: Config,
         progress: Progress) -> dict[str, torch.Tensor]:
    """Return weights for the last layers, by their names in the network, which keeps its own.

    They are between the pretrained and the trained ones: these alone would serve the speakers of
    the training better, and others worse.

    Args:
        network: with the encoder as it was pretrained.
        windows: are drawn from.
        config: says how much is tuned, and how.
        progress: shows how far it is.

    Raises:
        SerError: if a loss is not finite.
    """
    tuning, settings = config.encoder.tuning, config.training
    tuned = copy.deepcopy(network).to(device())
    layers = tuned.last_layers(tuning.layers)
    _fit_head(tuned, windows, config, progress)
    layers.requires_grad_(True)
    optimizer = torch.optim.AdamW(
        [{'params': layers.parameters(), 'lr': tuning.learning_rate},
         {'params': tuned.trainable.parameters(), 'lr': HEAD_FACTOR * tuning.learning_rate}],
        weight_decay=settings.weight_decay)
    schedule = _cycle(optimizer, tuning.steps)
    tuned.trainable.train()
    # FP16 would need its gradients scaled.
    precision = 'fp32' if settings.precision == 'fp16' else settings.precision
    losses = []
    for batch in progress.track(windows.batches(tuning.steps * tuning.batch, tuning.batch),
                                'tuning of the encoder', tuning.steps):
        with autocast(precision):
            logits = tuned(torch.from_numpy(batch.inputs(slice(None))).to(device()))
        losses.append(_step(optimizer, schedule, logits, torch.from_numpy(batch.labels), config))
    if not np.isfinite(losses).all():
        raise SerError(f'a loss of the tuning is not finite; encoder.tuning.learning_rate is '
                       f'{tuning.learning_rate:g}; try a lower one')
    tenth = -(-len(losses) // 10)
    LOGGER.info('tuned layers: %d; loss %.3f at first, %.3f in the end', tuning.layers,
                np.mean(losses[:tenth]), np.mean(losses[-tenth:]))
    learnt = {id(tensor) for tensor in layers.parameters()}
    pretrained = network.state_dict()
    return {name: torch.lerp(pretrained[name].cpu(), tensor.detach().cpu(), tuning.share)
            for name, tensor in tuned.named_parameters() if id(tensor) in learnt}


def _fit_head(network: FrozenNetwork, windows: BalancedWindows, config: Config,
              progress: Progress) -> None:
    """Train the head on what the encoder makes of some windows, for voices that are not known."""
    count = config.encoder.tuning.windows
    drawn = [(pool(network, batch.inputs(slice(None)), config.training.precision), batch.labels)
             for batch in progress.track(
                 windows.batches(count, BATCH), 'embeddings to tune with', -(-count // BATCH))]
    pooled = torch.from_numpy(np.concatenate([part for part, _ in drawn]))
    labels = torch.from_numpy(np.concatenate([part for _, part in drawn]))
    network.standardise(pooled.mean(0), pooled.std(0) + LEAST_DEVIATION)
    rows = functional.pad(network.standardised(pooled.to(device())), (0, 1))
    head = network.trainable.train()
    optimizer = torch.optim.AdamW(
        head.parameters(), HEAD_LEARNING_RATE, weight_decay=config.training.weight_decay)
    schedule = _cycle(optimizer, HEAD_STEPS)
    for _ in range(HEAD_STEPS):
        chosen = torch.randint(len(rows), (HEAD_BATCH,))
        _step(optimizer, schedule, head(rows[chosen]), labels[chosen], config)


def _cycle(optimizer: torch.optim.Optimizer, steps: int) -> OneCycleLR:
    # The rate needs two steps at least to rise.
    return OneCycleLR(optimizer, [group['lr'] for group in optimizer.param_groups],
                      total_steps=steps, pct_start=max(WARM_UP, 2 / steps))


def _step(optimizer: torch.optim.Optimizer, schedule: OneCycleLR, logits: torch.Tensor,
          labels: torch.Tensor, config: Config) -> float:
    """Take a step; return the loss."""
    loss = functional.cross_entropy(logits.float(), labels.to(device()),
                                    label_smoothing=config.training.label_smoothing)
    optimizer.zero_grad()
    loss.backward()
    parameters = [tensor for group in optimizer.param_groups for tensor in group['params']]
    torch.nn.utils.clip_grad_norm_(parameters, MAX_GRADIENT_NORM)
    optimizer.step()
    schedule.step()
    return loss.item()
