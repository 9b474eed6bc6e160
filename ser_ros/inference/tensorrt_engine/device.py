# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the engine needs of the GPU: its memory and a stream."""

import abc
from typing import Any

import numpy as np


class Device(abc.ABC):
    """The first GPU's memory and a stream.

    All is done while the GPU's primary context is current in the calling thread: within
    ``with device.current()``. The context belongs to the process, so a session may be opened in
    one thread and run in another; it is current in a thread only for as long as that thread needs
    it. Transfers are queued in the stream; addresses are plain numbers. Arrays are in ordinary
    memory: of 192 KiB a window the driver makes a copy before it returns, so nothing is gained by
    taking page-locked memory from a small board.

    Errors of the driver are raised as SerError.
    """

    @abc.abstractmethod
    def current(self) -> Any:
        """Return a context manager within which the primary context is current."""

    @abc.abstractmethod
    def new_stream(self) -> Any:
        """Return a new stream, which the others take."""

    @abc.abstractmethod
    def stream_handle(self, stream: Any) -> int:
        """Return the CUstream as a number, which TensorRT takes."""

    @abc.abstractmethod
    def close_stream(self, stream: Any) -> None:
        """Give the stream back."""

    @abc.abstractmethod
    def allocate(self, size_bytes: int) -> Any:
        """Return new memory on the GPU."""

    @abc.abstractmethod
    def address(self, memory: Any) -> int:
        """Return where it is."""

    @abc.abstractmethod
    def free(self, memory: Any) -> None:
        """Give it back."""

    @abc.abstractmethod
    def copy_in(self, memory: Any, values: np.ndarray, stream: Any) -> None:
        """Queue the copy of a contiguous array to the GPU; it stays untouched until then."""

    @abc.abstractmethod
    def copy_out(self, values: np.ndarray, memory: Any, stream: Any) -> None:
        """Queue the copy from the GPU into a contiguous array."""

    @abc.abstractmethod
    def wait(self, stream: Any) -> None:
        """Return when all that was queued is done, or raise SerError if a part of it failed."""
