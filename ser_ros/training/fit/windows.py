# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Windows of clips: drawn at random to train on, every period to be measured on."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.features.base import Columns, FeatureExtractor
from ser_ros.training.augment.registry import draw_window_of

PERIOD_S = 0.5  # as the running graph's default


class WindowInputs:
    """Inputs of the windows that the running graph would make of clips, every PERIOD_S.

    It stands for a float32 array (windows, *input_shape). An input is computed when it is taken,
    by a number, a slice or an array of numbers.

    Attributes:
        clip_indices: index of each window's clip.
    """

    def __init__(self, columns: Sequence[Columns], extractor: FeatureExtractor):
        """Count the windows.

        Args:
            columns: columns of each clip.
            extractor: makes the inputs.
        """
        self._columns = columns
        self._extractor = extractor
        step = round(PERIOD_S * extractor.sample_rate_hz / extractor.hop_samples)
        starts = [np.arange(0, clip[0].shape[-1] - extractor.window_columns + 1, step)
                  for clip in columns]
        self._starts = np.concatenate(starts)
        self.clip_indices = np.repeat(np.arange(len(columns)), [len(clip) for clip in starts])

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, index: Any) -> np.ndarray:
        """Return the inputs of the windows that the index names."""
        numbers = np.arange(len(self))[index]
        inputs = np.empty((*numbers.shape, *self._extractor.input_shape), np.float32)
        for place, number in np.ndenumerate(numbers):
            self._extractor.input_from_columns(self._window(number), out=inputs[place])
        return inputs

    def _window(self, number: int) -> Columns:
        start = self._starts[number]
        return tuple(part[..., start:start + self._extractor.window_columns]
                     for part in self._columns[self.clip_indices[number]])


class BalancedWindows:
    """Draws windows: first a corpus, then one of its classes, then a clip.

    They are augmented where there is an augmentation for the feature set.
    Balancing the classes alone would teach the corpus: nEMO has no disgust, so whoever sounds
    like RAVDESS would be disgusted.
    """

    def __init__(self, clips: Sequence[Clip], columns: Sequence[Columns],
                 extractor: FeatureExtractor, generator: np.random.Generator):
        """Group the clips; ``columns`` holds each clip's."""
        self._columns = columns
        self._extractor = extractor
        self._generator = generator
        self._draw_window = draw_window_of(extractor.name)
        groups: dict[str, dict[int, list[int]]] = {}
        for index, clip in enumerate(clips):
            groups.setdefault(clip.corpus, {}).setdefault(clip.label, []).append(index)
        self._groups = [list(classes.items()) for classes in groups.values()]

    def batches(self, windows: int, batch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield ``windows`` windows as (inputs (n, ...), labels (n,)), n at most ``batch``."""
        for start in range(0, windows, batch):
            count = min(batch, windows - start)
            inputs = np.empty((count, *self._extractor.input_shape), np.float32)
            labels = np.empty(count, np.int64)
            for row in range(count):
                index, labels[row] = self._draw()
                window = self._draw_window(
                    self._columns[index], self._extractor.window_columns, self._generator)
                self._extractor.input_from_columns(window, out=inputs[row])
            yield inputs, labels

    def _draw(self) -> tuple[int, int]:
        generator = self._generator
        classes = self._groups[generator.integers(len(self._groups))]
        label, members = classes[generator.integers(len(classes))]
        return members[generator.integers(len(members))], label
