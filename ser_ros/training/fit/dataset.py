# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labelled files as a data set of torch: the windows that the trainer reads."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from ser_ros.corpora import given_clips
from ser_ros.corpora.labelled_clips import Clip
from ser_ros.features.base import Columns
from ser_ros.progress import Progress
from ser_ros.recognizer import Path as AnyPath
from ser_ros.training.fit.cache import load_columns
from ser_ros.training.fit.preprocessor import AudioPreprocessor
from ser_ros.training.fit.windows import BalancedWindows, WindowInputs


class SpeechEmotionDataset:
    """Windows with their labels, to be drawn by ``torch.utils.data.DataLoader``.

    In training, item N is an augmented window of file N. It depends on the seed, the epoch and N
    alone. Otherwise the items are all windows that the running graph would make, those of the
    first file first. Both come from what the trainer itself reads, which is in ``windows``.

    Attributes:
        clips: the files.
        label_names: name of each label's index.
        windows: `BalancedWindows`, which draws balanced batches, or `WindowInputs`.
        epoch: number of the epoch, which changes the augmentation.
    """

    def __init__(self, data_paths: Sequence[AnyPath], labels: Sequence[str],
                 processor: AudioPreprocessor, is_training: bool = False,
                 label_names: Sequence[str] = (), cache: AnyPath | None = None, seed: int = 0):
        """Take the files.

        Args:
            data_paths: of the files.
            labels: emotion of each.
            processor: makes the inputs.
            is_training: whether the windows are augmented.
            label_names: the labels in the order of the outputs; sorted by name where empty.
            cache: folder that keeps the sound as 16-bit numbers. Without it a file is decoded
                whenever a window of it is taken.
            seed: of the augmentation.

        Raises:
            SerError: if a label is unknown, or a file cannot be read.
        """
        self.label_names = list(label_names) or sorted(set(labels))
        self.clips: Sequence[Clip] = given_clips.from_paths(
            [Path(path) for path in data_paths], labels, self.label_names)
        self.epoch = 0
        self._processor = processor
        columns = _columns([clip.path for clip in self.clips], processor, cache)
        self.windows: BalancedWindows | WindowInputs = (
            BalancedWindows(self.clips, columns, processor.extractor, np.random.default_rng(seed),
                            seed, processor.augmentation)
            if is_training else WindowInputs(columns, processor.extractor))

    def __len__(self) -> int:
        return len(self.clips if self._is_training else cast(WindowInputs, self.windows))

    def __getitem__(self, number: int) -> tuple[np.ndarray, int]:
        """Return an input, float32 (n,), and the index of its label."""
        if not 0 <= number < len(self):
            raise IndexError(f'there is no item {number} of {len(self)}')
        if isinstance(self.windows, BalancedWindows):
            clip = number
            window = np.empty(self.windows.input_shape, np.float32)
            self.windows.make_numbered(clip, self.epoch * len(self) + number, window)
        else:
            clip = self.windows.clip_indices[number]
            window = self.windows[number]
        return self._processor.normalized(window), self.clips[clip].label

    @property
    def _is_training(self) -> bool:
        return isinstance(self.windows, BalancedWindows)


def _columns(paths: Sequence[Path], processor: AudioPreprocessor,
             cache: AnyPath | None) -> Sequence[Columns]:
    if cache is None:
        return _Decoded(paths, processor)
    return load_columns(paths, processor.extractor, Path(cache), 1, Progress(hidden=True))


class _Decoded(Sequence[Columns]):
    """The sound of files, which is decoded whenever it is taken."""

    def __init__(self, paths: Sequence[Path], processor: AudioPreprocessor):
        self._paths = paths
        self._processor = processor

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, number: Any) -> Any:
        return self._processor.columns(self._paths[number])
