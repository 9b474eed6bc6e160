# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fit a network and keep the epoch that understands the validation speakers best."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ser_ros.corpora import labelled_clips
from ser_ros.corpora.labelled_clips import Clip
from ser_ros.evaluation import metrics
from ser_ros.evaluation.clip_windows import clip_means, equal_weights
from ser_ros.inference.softmax import softmax
from ser_ros.progress import Progress
from ser_ros.training.config import Config
from ser_ros.training.fit.cache import load_columns
from ser_ros.training.fit.device import device
from ser_ros.training.fit.embedded import EmbeddedWindows
from ser_ros.training.fit.trainer import Trainer, arranged, steps_per_epoch
from ser_ros.training.fit.windows import BalancedWindows, WindowInputs
from ser_ros.training.networks.base import Network

LOGGER = logging.getLogger(__name__)
VALIDATION_BATCH = 64


@dataclass(frozen=True)
class Windows:
    """Windows to measure on: inputs (n, ...), label and clip of each, and the clips.

    The inputs of a waveform are read when they are taken, see `WindowInputs`.
    """

    inputs: np.ndarray | WindowInputs
    labels: np.ndarray
    clip_indices: np.ndarray
    clips: Sequence[Clip]

    def clip_scores(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the mean of the windows' probabilities for each clip, (clips, classes)."""
        return clip_means(probabilities, self.clip_indices, len(self.clips))

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
        return equal_weights(np.array([clip.corpus for clip in self.clips])[self.clip_indices])


def seed_everything(seed: int) -> np.random.Generator:
    """Seed torch and return numpy's generator for all that is drawn here."""
    torch.manual_seed(seed)
    return np.random.default_rng(seed)


def load_windows(config: Config, root: Path, part: str, cache: Path, processes: int,
                 progress: Progress) -> Windows:
    """Return the windows of ``part`` that the running graph would make."""
    clips = labelled_clips.load_part(config, root, part)
    extractor = config.make_extractor()
    columns = load_columns(
        [clip.path for clip in clips], extractor, cache, processes, progress)
    inputs = WindowInputs(columns, extractor)
    labels = np.array([clip.label for clip in clips])[inputs.clip_indices]
    return Windows(inputs if extractor.columns_are_samples else inputs[:], labels,
                   inputs.clip_indices, clips)


def fit(trainer: Trainer, training_windows: BalancedWindows | EmbeddedWindows, validation: Windows,
        on_epoch: Callable[[], None], progress: Progress) -> Network:
    """Train to the end and return the network of the epoch with the best mean UAR on validation.

    Args:
        trainer: new, or restored; the epochs that it has done are not repeated.
        on_epoch: called after each epoch, to keep the trainer's state and history.
    """
    settings = trainer.settings
    steps = steps_per_epoch(settings)
    while not trainer.is_finished:
        number = len(trainer.history) + 1
        loss = trainer.train_epoch(progress.track_round(
            training_windows.batches(settings.windows_per_epoch, settings.batch),
            f'epoch {number}/{settings.epochs}', steps, settings.epochs - number))
        uar = validation.uar(softmax(logits(trainer.averaged, validation.inputs, settings.bf16)))
        epoch = trainer.add(loss, uar)
        on_epoch()
        LOGGER.info('epoch %d: loss %.3f, validation UAR %s', epoch.epoch, epoch.loss, ', '.join(
            f'{corpus} {value:.1%}' for corpus, value in epoch.uar.items()))
    return trainer.best_network()


def logits(network: torch.nn.Module, inputs: np.ndarray | WindowInputs,
           bf16: bool = False) -> np.ndarray:
    """Return the logits of the windows, (windows, classes)."""
    network.to(device()).eval()
    results = []
    with torch.inference_mode(), torch.autocast(device().type, torch.bfloat16, enabled=bf16):
        for start in range(0, len(inputs), VALIDATION_BATCH):
            batch = torch.from_numpy(inputs[start:start + VALIDATION_BATCH]).to(device())
            results.append(network(arranged(batch)).float().cpu().numpy())
    return np.concatenate(results)

