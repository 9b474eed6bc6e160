# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The GPU through NVIDIA's cuda-python, where pycuda is not installed."""

import contextlib
import importlib
from typing import Any, Callable, Iterator

import numpy as np

from ser_ros.errors import SerError
from ser_ros.inference.tensorrt_engine.device import Device


class CudaPythonDevice(Device):
    """See Device. The runtime interface works in the primary context by itself."""

    def __init__(self) -> None:
        try:
            self._cuda = importlib.import_module('cuda.bindings.runtime')
        except ImportError:  # before 12.6
            self._cuda = importlib.import_module('cuda.cudart')

    def _do(self, function: Callable, *arguments: Any) -> Any:
        """Return what the call answers beside its error code; an error raises SerError."""
        try:
            answer = function(*arguments)
        except RuntimeError as error:  # a driver that is missing, or too old to have the function
            raise SerError(f'CUDA: {error}') from error
        code = answer[0]
        if int(code):
            raise SerError(f'CUDA: {self._text(code)} (error {int(code)})')
        return answer[1] if len(answer) > 1 else None

    def _text(self, code: Any) -> str:
        _, text = self._cuda.cudaGetErrorString(code)
        return text.decode() if isinstance(text, bytes) else str(text)

    @contextlib.contextmanager
    def current(self) -> Iterator[None]:
        """See Device."""
        self._do(self._cuda.cudaSetDevice, 0)
        yield

    def new_stream(self) -> Any:
        """See Device."""
        return self._do(self._cuda.cudaStreamCreate)

    def stream_handle(self, stream: Any) -> int:
        """See Device."""
        return int(stream)

    def close_stream(self, stream: Any) -> None:
        """See Device."""
        self._do(self._cuda.cudaStreamDestroy, stream)

    def allocate(self, size_bytes: int) -> Any:
        """See Device."""
        return self._do(self._cuda.cudaMalloc, size_bytes)

    def address(self, memory: Any) -> int:
        """See Device."""
        return int(memory)

    def free(self, memory: Any) -> None:
        """See Device."""
        self._do(self._cuda.cudaFree, memory)

    def copy_in(self, memory: Any, values: np.ndarray, stream: Any) -> None:
        """See Device."""
        self._do(
            self._cuda.cudaMemcpyAsync, memory, values.ctypes.data, values.nbytes,
            self._cuda.cudaMemcpyKind.cudaMemcpyHostToDevice, stream)

    def copy_out(self, values: np.ndarray, memory: Any, stream: Any) -> None:
        """See Device."""
        self._do(
            self._cuda.cudaMemcpyAsync, values.ctypes.data, memory, values.nbytes,
            self._cuda.cudaMemcpyKind.cudaMemcpyDeviceToHost, stream)

    def wait(self, stream: Any) -> None:
        """See Device."""
        self._do(self._cuda.cudaStreamSynchronize, stream)
