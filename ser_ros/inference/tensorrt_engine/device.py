# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Memory and stream of the GPU, through pycuda or cuda-python, whichever is installed."""

import abc
import contextlib
import importlib.util
from typing import Any, Dict, List

import numpy as np

from ser_ros.errors import SerError


class Device(abc.ABC):
    """
    The first GPU's memory and a stream.

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
        """Return when all that was queued is done; :raises SerError: if something of it failed."""


def installed() -> List[str]:
    """Return which packages are there, 'pycuda', 'cuda' or both; imports neither."""
    packages = [] if importlib.util.find_spec('pycuda') is None else ['pycuda']
    # cuda is a folder of several packages; the module's name has changed.
    if importlib.util.find_spec('cuda') is not None and any(
            _exists(name) for name in ('cuda.bindings.runtime', 'cuda.cudart')):
        packages.append('cuda')
    return packages


def _exists(name: str) -> bool:
    with contextlib.suppress(ImportError):
        return importlib.util.find_spec(name) is not None
    return False


# By the package behind it.
_devices: Dict[str, Device] = {}


def open_device() -> Device:
    """
    Return the process' one Device; made at the first call, and kept.

    :raises SerError: if no package is there, or those that are cannot be imported, such as a pycuda
        that was compiled for another CUDA; or if the driver fails.
    """
    reasons = []
    for package in installed():
        try:
            if package not in _devices:
                _devices[package] = _open(package)
            return _devices[package]
        except ImportError as error:
            reasons.append('{} cannot be imported: {}'.format(package, error))
    raise SerError('; '.join(reasons) or 'neither pycuda nor cuda-python is installed')


def _open(package: str) -> Device:
    # Not above: they import what may be missing, and this.
    from ser_ros.inference.tensorrt_engine.cuda_python_device import CudaPythonDevice
    from ser_ros.inference.tensorrt_engine.pycuda_device import PycudaDevice
    return PycudaDevice() if package == 'pycuda' else CudaPythonDevice()
