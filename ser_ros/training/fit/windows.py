# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Windows of clips: drawn at random to train on, every period to be measured on."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.features.base import Columns, FeatureExtractor
from ser_ros.training.augment.registry import draw_window_of
from ser_ros.training.fit.batch import Batch, Rows, speaker_numbers
from ser_ros.training.options import UNCHANGED, SoundOptions

PERIOD_S = 0.5  # as the running graph's default
NUMBERED = 3  # beside the seed, so that no other draws are the same


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
                 extractor: FeatureExtractor, generator: np.random.Generator, seed: int = 0,
                 sound: SoundOptions = UNCHANGED):
        """Group the clips.

        Args:
            clips: what is drawn from.
            columns: columns of each.
            extractor: makes inputs of columns.
            generator: draws the clips, and windows of a spectrum.
            seed: windows of a waveform depend on it and on their number alone.
            sound: how windows of a waveform are changed.
        """
        self._columns = columns
        self._extractor = extractor
        self._generator = generator
        self._seed = seed
        self._draw_window = draw_window_of(extractor.name, sound)
        self._speakers = speaker_numbers(clips)
        groups: dict[str, dict[int, list[int]]] = {}
        for index, clip in enumerate(clips):
            groups.setdefault(clip.corpus, {}).setdefault(clip.label, []).append(index)
        self._groups = [list(classes.items()) for classes in groups.values()]

    def batches(self, windows: int, batch: int, first: int = 0) -> Iterator[Batch]:
        """Yield batches.

        Args:
            windows: number of windows in all of them.
            batch: number of windows in each; the last one may have fewer.
            first: number of the first window, counted from the start of the training.
        """
        make = self._later if self._extractor.columns_are_samples else self._now
        for start in range(0, windows, batch):
            yield make(min(batch, windows - start), first + start)

    def _now(self, count: int, first: int) -> Batch:
        """Draw clips, windows and their augmentation by turns, all from one generator."""
        del first
        inputs = np.empty((count, *self._extractor.input_shape), np.float32)
        indices, labels = np.empty(count, np.int64), np.empty(count, np.int64)
        for row in range(count):
            indices[row], labels[row] = self._draw()
            self._make(indices[row], self._generator, inputs[row])
        return Batch(inputs, labels, self._speakers[indices])

    def _later(self, count: int, first: int) -> Batch:
        """Draw clips. Their windows are made when they are asked for, each from its number."""
        drawn = np.array([self._draw() for _ in range(count)], np.int64)
        return _LaterBatch(self, drawn[:, 0], drawn[:, 1], self._speakers[drawn[:, 0]], first)

    def make_numbered(self, index: int, number: int, out: np.ndarray) -> None:
        """Make the window of a number, the same whatever was made before.

        Args:
            index: index of its clip.
            number: number of the window, counted from the start of the training.
            out: takes the input.
        """
        self._make(index, np.random.default_rng((self._seed, NUMBERED, number)), out)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of an input."""
        return self._extractor.input_shape

    def _make(self, index: int, generator: np.random.Generator, out: np.ndarray) -> None:
        window = self._draw_window(
            self._columns[index], self._extractor.window_columns, generator)
        self._extractor.input_from_columns(window, out=out)

    def _draw(self) -> tuple[int, int]:
        generator = self._generator
        classes = self._groups[generator.integers(len(self._groups))]
        label, members = classes[generator.integers(len(classes))]
        return members[generator.integers(len(members))], label


class _LaterBatch(Batch):
    """Windows of sound, whose augmentation takes time: each process makes what it computes."""

    def __init__(self, windows: BalancedWindows, indices: np.ndarray, labels: np.ndarray,
                 speakers: np.ndarray, first: int):
        super().__init__(np.empty(0), labels, speakers)
        self._windows = windows
        self._indices = indices
        self._first = first
        self._made: dict[int, np.ndarray] = {}

    def inputs(self, rows: Rows) -> np.ndarray:
        """Make the inputs of some windows, each once."""
        return np.stack([self._input(number) for number in np.arange(len(self))[rows].tolist()])

    def _input(self, number: int) -> np.ndarray:
        if number not in self._made:
            made = self._made[number] = np.empty(self._windows.input_shape, np.float32)
            self._windows.make_numbered(self._indices[number], self._first + number, made)
        return self._made[number]
