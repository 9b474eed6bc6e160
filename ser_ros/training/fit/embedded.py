# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Windows as the frozen part of a network sees them: embedded once, and drawn from many times."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.features.base import Columns, FeatureExtractor
from ser_ros.progress import Progress
from ser_ros.training.augment.registry import draw_window_of
from ser_ros.training.fit.batch import Batch
from ser_ros.training.fit.device import autocast, device
from ser_ros.training.fit.voices import VoiceBaselines
from ser_ros.training.fit.windows import WindowInputs
from ser_ros.training.networks.base import FrozenNetwork

BATCH = 64
LEAST_DEVIATION = 1e-3
NEUTRAL = 'neutral'
# Beside the seed, so that the draws do not depend on how far a training had come.
EMBEDDED, STOCK = 1, 2


class EmbeddedWindows:
    """Draws rows of embeddings: first a corpus, then one of its classes, then a window.

    From each clip and each of its copies some windows are drawn and embedded at the start. The
    rows come with baselines of the same voice, see `VoiceBaselines`.
    """

    def __init__(self, rows: np.ndarray, clips: Sequence[Clip], numbers: np.ndarray,
                 copies: np.ndarray, labels: Sequence[str], seed: int,
                 generator: np.random.Generator):
        """Group the rows.

        Args:
            rows: embeddings, (rows, size).
            clips: clip of each row.
            numbers: number of the clip; copies of a clip have the same.
            copies: number of the copy, 0 for the clip itself.
            labels: the model's labels.
            seed: the stock of baselines depends on it alone.
            generator: draws rows and baselines.
        """
        self._rows = rows
        self._labels = np.array([clip.label for clip in clips])
        self._generator = generator
        voices = [f'{clip.corpus} {clip.speaker or number} {copy > 0}'
                  for clip, number, copy in zip(clips, numbers, copies, strict=True)]
        calm = list(labels).index(NEUTRAL) if NEUTRAL in labels else None
        self._baselines = VoiceBaselines(
            rows, self._labels, voices, numbers, calm, np.random.default_rng((seed, STOCK)))
        self._chances = _chances([clip.corpus for clip in clips], self._labels)

    def batches(self, windows: int, batch: int, first: int = 0) -> Iterator[Batch]:
        """Yield batches as `BalancedWindows.batches`; their inputs are (n, size + 1)."""
        del first
        for start in range(0, windows, batch):
            count = min(batch, windows - start)
            drawn = np.searchsorted(self._chances, self._generator.random(count))
            baselines = self._baselines.draw(drawn, self._generator)
            inputs = np.empty_like(baselines)
            inputs[:, :-1] = self._rows[drawn] - baselines[:, :-1]
            inputs[:, -1] = baselines[:, -1]
            yield Batch(inputs, self._labels[drawn])


def _chances(corpora: Sequence[str], labels: np.ndarray) -> np.ndarray:
    """Return the chances of the rows summed up: corpora count the same, then their classes."""
    names, groups, sizes = np.unique(
        [f'{corpus}\n{label}' for corpus, label in zip(corpora, labels, strict=True)],
        return_inverse=True, return_counts=True)
    of_corpus = np.array([name.split('\n')[0] for name in names])
    classes = np.array([np.sum(of_corpus == name) for name in of_corpus])
    chances = np.cumsum((1 / (classes * sizes))[groups])
    return chances / chances[-1]


def pool(network: FrozenNetwork, inputs: np.ndarray | WindowInputs, precision: str) -> np.ndarray:
    """Return what the frozen part makes of inputs, before it is standardised, (n, size)."""
    place = device()
    frozen = network.to(place).eval()
    pooled = []
    with torch.inference_mode(), autocast(precision):
        for start in range(0, len(inputs), BATCH):
            batch = torch.from_numpy(inputs[start:start + BATCH]).to(place)
            pooled.append(frozen.pool(batch).float().cpu().numpy())
    return np.concatenate(pooled)


def embed(network: FrozenNetwork, inputs: np.ndarray | WindowInputs, precision: str) -> np.ndarray:
    """Return the rows that the head takes for voices that are not known, (n, size + 1)."""
    rows = _standardised(network, pool(network, inputs, precision))
    return np.pad(rows, [(0, 0), (0, 1)])


def _standardised(network: FrozenNetwork, pooled: np.ndarray) -> np.ndarray:
    return network.standardised(torch.from_numpy(pooled).to(device())).cpu().numpy()


def draw_inputs(columns: Columns, extractor: FeatureExtractor, count: int,
                generator: np.random.Generator) -> np.ndarray:
    """Return inputs of augmented windows of one clip, (count, *input_shape)."""
    draw = draw_window_of(extractor.name)
    return np.stack([extractor.input_from_columns(
        draw(columns, extractor.window_columns, generator)) for _ in range(count)])


def embed_training(network: FrozenNetwork, clips: Sequence[Clip], columns: Sequence[Columns],
                   extractor: FeatureExtractor, per_clip: int, precision: str,
                   seed: int, standardise: Callable[[torch.Tensor, torch.Tensor], None],
                   progress: Progress) -> np.ndarray:
    """Embed windows of all clips, and let the network know their mean and standard deviation.

    Args:
        network: its frozen part embeds.
        clips: clips and their copies.
        columns: columns of each.
        extractor: makes inputs of columns.
        per_clip: windows drawn from each.
        precision: numbers that are multiplied.
        seed: the windows depend on it alone.
        standardise: keeps mean and standard deviation in the network.
        progress: shows how far it is.

    Returns:
        Embeddings, (len(clips) * per_clip, size), clip by clip.
    """
    generator = np.random.default_rng((seed, EMBEDDED))
    at_once = max(1, BATCH // per_clip)
    starts = range(0, len(clips), at_once)
    pooled = np.concatenate([
        pool(network, np.concatenate([
            draw_inputs(part, extractor, per_clip, generator)
            for part in columns[start:start + at_once]]), precision)
        for start in progress.track(starts, 'embeddings', len(starts))])
    corpora = np.repeat([clip.corpus for clip in clips], per_clip)
    parts = [pooled[corpora == name] for name in dict.fromkeys(corpora.tolist())]
    mean = np.mean([part.mean(axis=0) for part in parts], axis=0)
    deviation = np.mean([part.std(axis=0) for part in parts], axis=0) + LEAST_DEVIATION
    standardise(torch.from_numpy(mean), torch.from_numpy(deviation))
    return _standardised(network, pooled)
