# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The GPU through pycuda."""

import contextlib
from typing import Any, Iterator

import numpy as np

from ser_ros.errors import SerError
from ser_ros.inference.tensorrt_engine.device import Device


class PycudaDevice(Device):
    """See Device.

    The primary context is retained once and kept until the process ends: pycuda gives a context
    back only in the thread that retained it, which may be gone by then.
    """

    def __init__(self) -> None:
        import pycuda.driver
        self._cuda = pycuda.driver
        with self._as_ser_error():
            self._cuda.init()
            self._context = self._cuda.Device(0).retain_primary_context()

    @contextlib.contextmanager
    def _as_ser_error(self) -> Iterator[None]:
        try:
            yield
        except self._cuda.Error as error:
            raise SerError(f'CUDA: {error}') from error

    @contextlib.contextmanager
    def current(self) -> Iterator[None]:
        """See Device."""
        with self._as_ser_error():
            self._context.push()
            try:
                yield
            finally:
                self._cuda.Context.pop()

    def new_stream(self) -> Any:
        """See Device."""
        return self._cuda.Stream()

    def stream_handle(self, stream: Any) -> int:
        """See Device."""
        return stream.handle

    def close_stream(self, stream: Any) -> None:
        """See Device; pycuda destroys it with its last reference, which the caller drops now."""
        stream.synchronize()

    def allocate(self, size_bytes: int) -> Any:
        """See Device."""
        return self._cuda.mem_alloc(size_bytes)

    def address(self, memory: Any) -> int:
        """See Device."""
        return int(memory)

    def free(self, memory: Any) -> None:
        """See Device."""
        memory.free()

    def copy_in(self, memory: Any, values: np.ndarray, stream: Any) -> None:
        """See Device."""
        self._cuda.memcpy_htod_async(memory, values, stream)

    def copy_out(self, values: np.ndarray, memory: Any, stream: Any) -> None:
        """See Device."""
        self._cuda.memcpy_dtoh_async(values, memory, stream)

    def wait(self, stream: Any) -> None:
        """See Device."""
        stream.synchronize()
