# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Memory and stream of the GPU, through pycuda or cuda-python, whichever is installed."""

import abc
import contextlib
import importlib.util
from typing import Any, Dict, Optional

import numpy as np

PACKAGES = 'pycuda or cuda-python'


class Device(abc.ABC):
    """
    The first GPU's memory and a stream.

    All is done while the GPU's primary context is current in the calling thread: within
    ``with device.current()``. The context belongs to the process, so a session may be opened in
    one thread and run in another; it is current in a thread only for as long as that thread needs
    it. Transfers are queued in the stream; addresses are plain numbers.

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
        """Return when all that was queued is done; :raises SerError: if something of it failed."""


def installed() -> Optional[str]:
    """Return which package would be used, 'pycuda' or 'cuda', or None; imports none."""
    if importlib.util.find_spec('pycuda') is not None:
        return 'pycuda'
    # cuda is a folder of several packages; the module's name has changed.
    if importlib.util.find_spec('cuda') is not None and any(
            _exists(name) for name in ('cuda.bindings.runtime', 'cuda.cudart')):
        return 'cuda'
    return None


def _exists(name: str) -> bool:
    with contextlib.suppress(ImportError):
        return importlib.util.find_spec(name) is not None
    return False


# By the package behind it.
_devices: Dict[Optional[str], Device] = {}


def open_device() -> Device:
    """
    Return the process' one Device; made at the first call, and kept.

    The caller has made sure that a package is installed and a GPU is there.
    """
    package = installed()
    if package not in _devices:
        if package == 'pycuda':
            from ser_ros.inference.tensorrt_engine.pycuda_device import PycudaDevice
            _devices[package] = PycudaDevice()
        else:
            from ser_ros.inference.tensorrt_engine.cuda_python_device import CudaPythonDevice
            _devices[package] = CudaPythonDevice()
    return _devices[package]
