# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fit a network and keep the epoch that understands the validation speakers best."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ser_ros.corpora import labelled_clips
from ser_ros.corpora.labelled_clips import Clip
from ser_ros.evaluation import metrics
from ser_ros.evaluation.clip_windows import clip_means, equal_weights
from ser_ros.inference.softmax import softmax
from ser_ros.progress import Progress
from ser_ros.training.config import Config
from ser_ros.training.fit import limits, processes
from ser_ros.training.fit.cache import load_columns
from ser_ros.training.fit.device import autocast, device
from ser_ros.training.fit.embedded import EmbeddedWindows
from ser_ros.training.fit.part import Part
from ser_ros.training.fit.trainer import Trainer, arranged
from ser_ros.training.fit.windows import BalancedWindows, WindowInputs
from ser_ros.training.networks.base import Network

LOGGER = logging.getLogger(__name__)
VALIDATION_BATCH = 64
SOUND_BATCH = 8  # networks that take sound need much memory for each window


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

    def confusions(self, probabilities: np.ndarray) -> dict[str, np.ndarray]:
        """Return the counts of `metrics.confusion` over the clips of each corpus."""
        answers = self.clip_scores(probabilities).argmax(axis=1)
        truth = np.array([clip.label for clip in self.clips])
        corpora = np.array([clip.corpus for clip in self.clips])
        return {name: metrics.confusion(
            truth[corpora == name], answers[corpora == name], probabilities.shape[1])
            for name in dict.fromkeys(corpora.tolist())}

    def uar(self, probabilities: np.ndarray) -> dict[str, float]:
        """Return UAR over clips for each corpus, and their ``mean``."""
        figures = {name: metrics.uar(counts)
                   for name, counts in self.confusions(probabilities).items()}
        return {**figures, 'mean': float(np.mean(list(figures.values())))}

    def figures(self, scores: np.ndarray) -> dict[str, Any]:
        """Return the figures of `Epoch` on these windows.

        Args:
            scores: logits, (windows, classes).
        """
        probabilities = softmax(scores)
        counts = list(self.confusions(probabilities).values())
        right = probabilities[np.arange(len(self.labels)), self.labels]
        losses = -np.log(np.maximum(right, np.finfo(np.float32).tiny))
        return {'uar': self.uar(probabilities),
                'validation_loss': float(np.average(losses, weights=self.weights())),
                'accuracy': float(np.mean([metrics.accuracy(table) for table in counts])),
                'macro_f1': float(np.mean([metrics.macro_f1(table) for table in counts]))}

    def weights(self) -> np.ndarray:
        """Return weights of the windows under which every corpus counts as much."""
        return equal_weights(np.array([clip.corpus for clip in self.clips])[self.clip_indices])


def seed_everything(seed: int) -> np.random.Generator:
    """Seed torch and return numpy's generator for all that is drawn here."""
    torch.manual_seed(seed)
    return np.random.default_rng(seed)


def load_windows(config: Config, root: Path, part: str, cache: Path, threads: int,
                 progress: Progress) -> Windows:
    """Return the windows of ``part`` that the running graph would make."""
    clips = labelled_clips.load_part(config, root, part)
    extractor = config.make_extractor()
    columns = load_columns(
        [clip.path for clip in clips], extractor, cache, threads, progress)
    inputs = WindowInputs(columns, extractor)
    labels = np.array([clip.label for clip in clips])[inputs.clip_indices]
    return Windows(inputs if extractor.columns_are_samples else inputs[:], labels,
                   inputs.clip_indices, clips)


def logits(network: torch.nn.Module, inputs: np.ndarray | WindowInputs, precision: str = 'fp32',
           starts: Sequence[int] | None = None) -> np.ndarray:
    """Return the logits of windows, (windows, classes).

    Args:
        network: computes them.
        inputs: of the windows.
        precision: numbers that are multiplied.
        starts: numbers of the first windows of the batches; by default all batches are computed.
    """
    network.to(device()).eval()
    results = []
    with torch.inference_mode(), autocast(precision):
        for start in _starts(inputs) if starts is None else starts:
            batch = torch.from_numpy(inputs[start:start + _batch(inputs)]).to(device())
            results.append(network(arranged(batch)).float().cpu().numpy())
    return np.concatenate(results)


def shared_logits(network: torch.nn.Module, inputs: np.ndarray | WindowInputs,
                  precision: str) -> np.ndarray:
    """Return the logits of windows, of which each process computes its share of the batches."""
    parts = np.array_split(_starts(inputs), processes.count())
    own = parts[processes.rank()].tolist()
    computed = processes.gather(logits(network, inputs, precision, own) if own else None)
    return np.concatenate([part for part in computed if part is not None])


def _starts(inputs: np.ndarray | WindowInputs) -> range:
    return range(0, len(inputs), _batch(inputs))


def _batch(inputs: np.ndarray | WindowInputs) -> int:
    return SOUND_BATCH if isinstance(inputs, WindowInputs) else VALIDATION_BATCH


class _Clock:
    """Says when an interval has passed since it last said so.

    Args:
        interval_s: the interval.
    """

    def __init__(self, interval_s: float):
        self._interval_s = interval_s
        self._last_s = time.monotonic()

    def is_due(self) -> bool:
        """Return whether the interval has passed; then the next one begins."""
        now_s = time.monotonic()
        if now_s - self._last_s < self._interval_s:
            return False
        self._last_s = now_s
        return True


def fit(trainer: Trainer, training_windows: BalancedWindows | EmbeddedWindows, validation: Windows,
        part: Part, progress: Progress) -> Network:
    """Train to the end and return the network of the epoch with the best mean UAR on validation.

    Args:
        trainer: new, or restored; what it has done is not repeated.
        part: keeps the trainer's state and history.
    """
    settings = trainer.settings
    clock = _Clock(60 * settings.checkpoint_minutes)
    while not trainer.is_finished:
        number, done = len(trainer.history) + 1, trainer.windows_done
        batches = training_windows.batches(
            number * settings.windows_per_epoch - done, settings.batch, done)
        batches = progress.track_round(
            batches, f'epoch {number}/{settings.epochs}',
            settings.steps_per_epoch - trainer.steps_done, settings.epochs - number)
        with limits.memory_explained(settings):
            loss = trainer.train_epoch(batches, clock.is_due, lambda: part.save(trainer))
            processes.share_buffers(trainer.averaged)
            scores = shared_logits(trainer.averaged, validation.inputs, settings.precision)
        epoch = trainer.add(loss, **validation.figures(scores))
        part.save(trainer)
        LOGGER.info('epoch %d: loss %.3f, validation UAR %s', epoch.epoch, epoch.loss, ', '.join(
            f'{corpus} {value:.1%}' for corpus, value in epoch.uar.items()))
    return trainer.best_network()
