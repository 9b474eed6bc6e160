# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every feature set offers: a stream of samples in, the model's input out."""

import abc
from typing import Optional, Tuple

import numpy as np

Columns = Tuple[np.ndarray, ...]


class FeatureExtractor(abc.ABC):
    """
    Streaming computation of one feature set.

    A feature set turns sound into frames of ``frame_samples`` samples, one every
    ``hop_samples``, and every frame into one column of numbers. The latest ``window_hops``
    columns are a window, and a window becomes the model's input. The name, with its
    version, pins the exact definition: models carry it, and a changed definition is a new name.

    Class attributes
    ----------------
    name: such as ``'mel_yin_rms/1'``.
    sample_rate_hz: rate of the samples to push.
    frame_samples, hop_samples: length of a frame and step between frames.
    window_hops, window_samples: length of a window, as frames and as samples.
    shape: of the input.
    """

    name: str
    sample_rate_hz: int
    frame_samples: int
    hop_samples: int
    window_hops: int
    window_samples: int
    shape: Tuple[int, ...]

    @property
    @abc.abstractmethod
    def hops(self) -> int:
        """Number of frames complete since the last reset."""

    @abc.abstractmethod
    def push(self, samples: np.ndarray) -> None:
        """
        Take in the next samples, any number of them.

        How a signal is cut into pushes never changes a result.

        :param samples: float32, shape (n,), full scale is 1.0.
        :raises SerError: for another dtype or shape, and for NaN, infinity or amplitudes that
            cannot be sound; nothing is taken in then.
        """

    @abc.abstractmethod
    def input(self, out: Optional[np.ndarray] = None) -> np.ndarray:
        """
        Return the model's input for the latest window.

        :param out: C-contiguous float32 array of ``shape`` to write to; a new one without it.
        :raises SerError: while fewer than ``window_hops`` hops are complete.
        """

    @abc.abstractmethod
    def pitch_hz(self) -> float:
        """Return the median pitch of the latest window's voiced frames [Hz], NaN without any."""

    @abc.abstractmethod
    def reset(self) -> None:
        """Forget all sound, as if newly made."""

    @abc.abstractmethod
    def columns(self, samples: np.ndarray) -> Columns:
        """
        Compute the columns of a whole recording; the stream's own state is not touched.

        For training: compute them once, cut windows of ``window_hops`` anywhere, and turn these
        into inputs with `input_from_columns`. The result is exactly what the stream gives.

        :param samples: as for `push`.
        :returns: arrays whose last axis is time, one entry a hop: T = 1 + (n - frame) // hop,
            or 0 where n < frame.
        """

    @abc.abstractmethod
    def input_from_columns(
            self, columns: Columns, out: Optional[np.ndarray] = None) -> np.ndarray:
        """
        Turn one window's columns (last axis: ``window_hops``) into the model's input.

        :param out: as for `input`.
        """
