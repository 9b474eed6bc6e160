# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is trained on and measured on, as each network takes it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.features.base import Columns
from ser_ros.progress import Progress
from ser_ros.training.config import Config
from ser_ros.training.fit import processes
from ser_ros.training.fit.embedded import EmbeddedWindows, embed, embed_training
from ser_ros.training.fit.train import Windows
from ser_ros.training.fit.trainer import Trainer
from ser_ros.training.fit.tuning import tune
from ser_ros.training.fit.windows import BalancedWindows
from ser_ros.training.networks.base import FrozenNetwork

# Beside the seed, so that tuning draws other windows than what comes later.
TUNED = 4


@dataclass(frozen=True)
class Material:
    """What is trained on and measured on; the same for every seed and every network.

    Attributes:
        clips: those of the corpora, then those of each degraded copy, up to as many copies as one
            of the networks is to be trained on.
        columns: of each.
    """

    clips: Sequence[Clip]
    columns: Sequence[Columns]
    copies: int
    validation: Windows

    def windows(self, config: Config, seed: int,
                generator: np.random.Generator) -> BalancedWindows:
        """Return what draws from the clips and as many copies as the configuration says."""
        count = len(self.clips) // (1 + self.copies) * (1 + config.training.wave_variants)
        return BalancedWindows(self.clips[:count], self.columns[:count],
                               config.make_extractor(), generator, seed,
                               config.augmentation)

    def for_training(
            self, trainer: Trainer, config: Config, seed: int, generator: np.random.Generator,
            progress: Progress) -> tuple[BalancedWindows | EmbeddedWindows, Windows]:
        """Return what the trained part of a network takes, to train on and to validate on."""
        network = trainer.whole
        if not isinstance(network, FrozenNetwork):
            return self.windows(config, seed, generator), self.validation
        settings, each = config.training, config.training.windows_per_clip
        clips = len(self.clips) // (1 + self.copies)
        count = clips * (1 + settings.wave_variants)
        if config.encoder.tuning.layers and not trainer.tuned:
            drawn = self.windows(config, seed, np.random.default_rng((seed, TUNED)))
            trainer.take_tuned(processes.broadcast(
                tune(network, drawn, config, progress) if processes.is_main() else {}))
        rows = embed_training(
            network, self.clips[:count], self.columns[:count], config.make_extractor(), each,
            settings.precision, seed, trainer.standardise, progress)
        numbers = np.repeat(np.arange(count), each)
        windows = EmbeddedWindows(
            rows, [self.clips[number] for number in numbers.tolist()], numbers % clips,
            numbers // clips, config.labels, seed, generator)
        return windows, replace(
            self.validation, inputs=embed(network, self.validation.inputs, settings.precision))
