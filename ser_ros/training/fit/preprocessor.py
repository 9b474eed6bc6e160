# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From an audio file to the samples that a network of waveforms takes."""

from pathlib import Path

import numpy as np
import torch

from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.corpora.labelled_clips import read_samples
from ser_ros.errors import SerError
from ser_ros.features.base import Columns
from ser_ros.features.registry import create_extractor
from ser_ros.features.waveform import Waveform
from ser_ros.recognizer import Path as AnyPath
from ser_ros.training.augment.registry import draw_window_of
from ser_ros.training.networks.speech_encoder import normalise
from ser_ros.training.options import SoundOptions

USUAL = SoundOptions(degraded=0.5, pitch=0.2, stretch=0.2)


class AudioPreprocessor:
    """Reads audio files as training and the running graph do, for networks of waveforms.

    Attributes:
        extractor: makes the input.
        augmentation: how windows are changed as sound.
    """

    def __init__(self, target_sr: int = SAMPLE_RATE_HZ, max_duration: float = 4.0,
                 normalize: bool = False, augmentation: SoundOptions = USUAL, seed: int = 0):
        """Say what comes out.

        Args:
            target_sr: sample rate [Hz]; 16000, that of the graph.
            max_duration: length of a window [s], 0.5 to 15.
            normalize: give windows zero mean and unit variance. Networks of this project do so
                themselves; others may need it.
            augmentation: how windows are changed as sound, where that is asked for.
            seed: of the augmentation.

        Raises:
            SerError: if a value is not allowed.
        """
        if target_sr != SAMPLE_RATE_HZ:
            raise SerError(f'target_sr is {target_sr}; allowed: {SAMPLE_RATE_HZ}. Files of any '
                           'rate are converted to it')
        self.extractor = create_extractor(Waveform.name, Waveform.shape_of_window(max_duration))
        self.augmentation = augmentation
        self._normalize = normalize
        self._draw_window = draw_window_of(Waveform.name, augmentation)
        self._generator = np.random.default_rng(seed)

    def preprocess(self, path: AnyPath, apply_augmentation: bool = False) -> np.ndarray:
        """Return a window of a file: its beginning, or any window that is changed as sound.

        Silence follows a file that is shorter.

        Args:
            path: of an audio file, of any sample rate and number of channels.
            apply_augmentation: draw the place of the window and change it.

        Returns:
            Float32 (n,), in [-1, 1] unless it is normalised.

        Raises:
            SerError: if the file cannot be read.
        """
        columns, length = self.columns(path), self.extractor.window_columns
        if apply_augmentation:
            window = self._draw_window(columns, length, self._generator)
        else:
            window = tuple(part[..., :length] for part in columns)
        return self.normalized(self.extractor.input_from_columns(window))

    def columns(self, path: AnyPath) -> Columns:
        """Return the sound of a whole file, at least as long as a window.

        Raises:
            SerError: if the file cannot be read.
        """
        return self.extractor.columns(read_samples(Path(path), self.extractor.min_samples))

    def normalized(self, window: np.ndarray) -> np.ndarray:
        """Return a window as the processor was asked to: with zero mean and unit variance, or not.

        Args:
            window: float32 (n,).
        """
        if not self._normalize:
            return window
        return normalise(torch.from_numpy(window[np.newaxis]))[0].numpy()
