# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every feature set offers: a stream of samples in, the model's input out."""

import abc
from typing import Optional, Tuple

import numpy as np

from ser_ros.errors import SerError

Columns = Tuple[np.ndarray, ...]


class FeatureExtractor(abc.ABC):
    """Streaming computation of one feature set.

    A feature set turns sound into columns of numbers, one every ``hop_samples``: the spectrum of
    a frame, for example, or each sample itself. The latest ``window_columns`` columns are a
    window, and a window becomes the model's input. The name, with its version, pins the exact
    definition: models carry it, and a changed definition is a new name.

    Attributes:
        name: such as ``'mel_yin_rms/1'``.
        sample_rate_hz: rate of the samples to push.
        hop_samples: step from one column to the next; 1 where the samples are the columns. The
            time between two windows is a multiple of it.
        window_samples: length of a window in samples.
        window_columns: length of a window in columns.
        input_shape: shape of the model's input, without the batch.
        columns_are_samples: the columns are the samples themselves, in [-1, 1]. Training keeps
            them as 16-bit sound on disk and reads only the part that it needs.
    """

    name: str
    sample_rate_hz: int = 16000
    hop_samples: int
    window_samples: int
    window_columns: int
    input_shape: Tuple[int, ...]
    columns_are_samples: bool = False

    @classmethod
    def make(cls, input_shape: Optional[Tuple[int, ...]] = None) -> 'FeatureExtractor':
        """Make an empty stream.

        A feature set that suits inputs of several shapes overrides this.

        Args:
            input_shape: shape that the model takes; None for that of the feature set.

        Raises:
            SerError: if the feature set does not make inputs of this shape.
        """
        extractor = cls()
        if input_shape is not None and tuple(input_shape) != extractor.input_shape:
            raise SerError(f'{cls.name} makes inputs of the shape {list(extractor.input_shape)}, '
                           f'not {list(input_shape)}')
        return extractor

    @classmethod
    def shape_of_window(cls, window_s: float) -> Tuple[int, ...]:
        """Return the shape of the input for windows of this length, to be handed to `make`.

        A feature set that suits windows of several lengths overrides this.

        Args:
            window_s: length of a window [s].

        Raises:
            SerError: if the feature set does not make windows of this length, or only of one.
        """
        extractor = cls.make()
        own_s = extractor.window_samples / extractor.sample_rate_hz
        raise SerError(f'window_s is {window_s:g}, but {cls.name} only makes windows of '
                       f'{own_s:g} s; leave window_s out')

    @property
    def min_samples(self) -> int:
        """Length up to which silence follows a shorter recording, for training."""
        return self.window_samples

    @abc.abstractmethod
    def push(self, samples: np.ndarray) -> None:
        """Take in the next samples, any number of them.

        How a signal is cut into pushes never changes a result.

        Args:
            samples: Float32, shape (n,), full scale is 1.0.

        Raises:
            SerError: for another dtype or shape, and for NaN, infinity or amplitudes that cannot
                be sound. Nothing is taken in then.
        """

    @abc.abstractmethod
    def input(self, out: Optional[np.ndarray] = None) -> np.ndarray:
        """Return the model's input for the latest window.

        Args:
            out: C-contiguous float32 array of ``input_shape`` to write to; a new one without it.

        Raises:
            SerError: while the first window is not complete.
        """

    @abc.abstractmethod
    def pitch_hz(self) -> float:
        """Return the median pitch of the latest window's voiced frames [Hz], NaN without any.

        Raises:
            SerError: while the first window is not complete.
        """

    @abc.abstractmethod
    def reset(self) -> None:
        """Forget all sound, as if newly made."""

    @abc.abstractmethod
    def columns(self, samples: np.ndarray) -> Columns:
        """Compute the columns of a whole recording; the stream's own state is not touched.

        For training: compute them once, cut windows of ``window_columns`` anywhere, and turn
        these into inputs with `input_from_columns`. The result is exactly what the stream gives.

        Args:
            samples: as for `push`.

        Returns:
            Arrays whose last axis is time, one entry a column.
        """

    @abc.abstractmethod
    def input_from_columns(
            self, columns: Columns, out: Optional[np.ndarray] = None) -> np.ndarray:
        """Turn the columns of one window into the model's input.

        Args:
            columns: as from `columns`, their last axis ``window_columns`` long.
            out: as for `input`.
        """

    def check_window(self, samples: int) -> None:
        """Refuse to make an input before there is a window.

        Args:
            samples: number of samples so far.

        Raises:
            SerError: if they are fewer than a window.
        """
        if samples < self.window_samples:
            raise SerError(
                f'a window takes {self.window_samples} samples, and so far there are {samples}')
