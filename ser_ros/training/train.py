# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fit a network and keep the epoch that understands the validation speakers best."""

import csv
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ser_ros.features import create_extractor
from ser_ros.training import data, metrics
from ser_ros.training.cache import load_columns
from ser_ros.training.config import Config, Training
from ser_ros.training.data import Clip
from ser_ros.training.networks import Network, make_network
from ser_ros.training.progress import Progress
from ser_ros.training.windows import BalancedWindows, clip_images

LOGGER = logging.getLogger(__name__)
VALIDATION_BATCH = 64
WARM_UP = 0.2  # share of the steps until the learning rate is at its peak


@dataclass(frozen=True)
class Windows:
    """Windows to measure on: images (n, ...), label and clip of each, and the clips."""

    images: np.ndarray
    labels: np.ndarray
    clip_indices: np.ndarray
    clips: Sequence[Clip]

    def clip_scores(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the mean of the windows' probabilities for each clip, (clips, classes)."""
        sums = np.zeros((len(self.clips), probabilities.shape[1]))
        np.add.at(sums, self.clip_indices, probabilities)
        return sums / np.bincount(self.clip_indices, minlength=len(self.clips))[:, np.newaxis]

    def uar(self, probabilities: np.ndarray) -> dict[str, float]:
        """Return UAR over clips for each corpus, and their ``mean``."""
        answers = self.clip_scores(probabilities).argmax(axis=1)
        truth = np.array([clip.label for clip in self.clips])
        corpora = np.array([clip.corpus for clip in self.clips])
        figures = {
            name: metrics.uar(metrics.confusion(
                truth[corpora == name], answers[corpora == name], probabilities.shape[1]))
            for name in dict.fromkeys(corpora.tolist())}
        return {**figures, 'mean': float(np.mean(list(figures.values())))}

    def weights(self) -> np.ndarray:
        """Return weights of the windows under which every corpus counts as much."""
        corpora = np.array([clip.corpus for clip in self.clips])[self.clip_indices]
        names, which, counts = np.unique(corpora, return_inverse=True, return_counts=True)
        return 1 / (len(names) * counts[which])


@dataclass(frozen=True)
class Epoch:
    """One line of the history."""

    epoch: int
    loss: float
    learning_rate: float
    uar: dict[str, float]


def seed_everything(seed: int) -> np.random.Generator:
    """Seed torch and return numpy's generator for all that is drawn here."""
    torch.manual_seed(seed)
    return np.random.default_rng(seed)


def load_windows(config: Config, root: Path, part: str, cache: Path, processes: int,
                 progress: Progress) -> Windows:
    """Return the windows of ``part`` that the running graph would make."""
    clips = data.load_part(config, root, part)
    extractor = create_extractor(config.feature_set)
    columns = load_columns(
        [clip.path for clip in clips], config.feature_set, cache, processes, progress)
    images = [clip_images(entry, extractor) for entry in columns]
    counts = [len(entry) for entry in images]
    labels = np.repeat([clip.label for clip in clips], counts)
    return Windows(np.concatenate(images), labels, np.repeat(np.arange(len(clips)), counts), clips)


def fit(config: Config, training_windows: BalancedWindows, validation: Windows,
        checkpoint: Path, on_epoch: Callable[[Epoch], None], progress: Progress) -> Network:
    """
    Train and return the network of the epoch with the best mean UAR on validation speakers.

    :param checkpoint: file for the best weights so far.
    :param on_epoch: called after each epoch, for the history.
    """
    settings = config.training
    network = make_network(config)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    averaged = AveragedModel(
        network, multi_avg_fn=get_ema_multi_avg_fn(settings.averaging), use_buffers=True)
    optimizer = torch.optim.AdamW(
        _parameter_groups(network, settings.weight_decay), settings.learning_rate)
    steps = -(-settings.windows_per_epoch // settings.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=steps * settings.epochs,
        pct_start=WARM_UP)
    best_uar = -1.0
    for epoch in range(1, settings.epochs + 1):
        batches = progress.track(
            training_windows.batches(settings.windows_per_epoch, settings.batch),
            f'epoch {epoch}/{settings.epochs}', steps)
        loss = _train_epoch(network, averaged, optimizer, schedule, batches, settings)
        uar = validation.uar(_softmax(logits(averaged, validation.images, settings.bf16)))
        on_epoch(Epoch(epoch, loss, float(schedule.get_last_lr()[0]), uar))
        if uar['mean'] > best_uar:
            best_uar = uar['mean']
            torch.save(averaged.module.state_dict(), checkpoint)
    network.load_state_dict(torch.load(checkpoint, weights_only=True))
    return network.eval()


def _parameter_groups(network: torch.nn.Module, weight_decay: float) -> list[dict]:
    """Biases and the scales of normalisation, which have one dimension, do not decay."""
    parameters = list(network.parameters())
    return [{'params': [entry for entry in parameters if entry.ndim > 1],
             'weight_decay': weight_decay},
            {'params': [entry for entry in parameters if entry.ndim <= 1], 'weight_decay': 0.0}]


def _train_epoch(network, averaged, optimizer, schedule, batches, settings: Training) -> float:
    network.train()
    classes = network.output.out_features
    losses = []
    for images, labels in batches:
        inputs, targets = _mix(
            torch.from_numpy(images), torch.from_numpy(labels), classes, settings.mixup)
        with torch.autocast('cpu', torch.bfloat16, enabled=settings.bf16):
            output = network(inputs.to(memory_format=torch.channels_last))
        loss = functional.cross_entropy(
            output.float(), targets, label_smoothing=settings.label_smoothing)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        averaged.update_parameters(network)
        losses.append(loss.item())
    return float(np.mean(losses))


def _mix(images: torch.Tensor, labels: torch.Tensor, classes: int,
         alpha: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Blend each window and its label with those of another one of the batch."""
    targets = functional.one_hot(labels, classes).float()
    if not alpha:
        return images, targets
    share = torch.distributions.Beta(alpha, alpha).sample((len(images),))
    order = torch.randperm(len(images))
    mixed = torch.lerp(images, images[order], share[:, None, None, None])
    return mixed, torch.lerp(targets, targets[order], share[:, None])


def logits(network: torch.nn.Module, images: np.ndarray, bf16: bool = False) -> np.ndarray:
    """Return the logits of the windows, (windows, classes)."""
    network.eval()
    results = []
    with torch.inference_mode(), torch.autocast('cpu', torch.bfloat16, enabled=bf16):
        for start in range(0, len(images), VALIDATION_BATCH):
            batch = torch.from_numpy(images[start:start + VALIDATION_BATCH])
            results.append(network(batch.to(memory_format=torch.channels_last)).float().numpy())
    return np.concatenate(results)


def _softmax(values: np.ndarray) -> np.ndarray:
    return torch.from_numpy(values).softmax(dim=1).numpy()


class History:
    """Writes a CSV line an epoch, as it happens, and keeps them for the plot."""

    def __init__(self, path: Path):
        """Start an empty file."""
        self._path = path
        self.epochs: list[Epoch] = []

    def add(self, epoch: Epoch) -> None:
        """Write the epoch's line and log it."""
        row = {key: value for key, value in asdict(epoch).items() if key != 'uar'}
        row.update({f'uar_{name}': value for name, value in epoch.uar.items()})
        with open(self._path, 'a' if self.epochs else 'w', newline='', encoding='utf-8') as file:
            writer = csv.DictWriter(file, row)
            if not self.epochs:
                writer.writeheader()
            writer.writerow({key: round(value, 5) for key, value in row.items()})
        self.epochs.append(epoch)
        LOGGER.info('epoch %d: loss %.3f, validation UAR %s', epoch.epoch, epoch.loss, ', '.join(
            f'{name} {value:.1%}' for name, value in epoch.uar.items()))
