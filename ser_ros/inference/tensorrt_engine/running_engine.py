# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Running an engine: memory on the GPU for its input and output, and one call for a window."""

import contextlib
from typing import Any, List, NamedTuple, Optional, Tuple

import numpy as np

from ser_ros.errors import SerError
from ser_ros.inference.tensorrt_engine import precision
from ser_ros.inference.tensorrt_engine.device import Device
from ser_ros.inference.tensorrt_engine.engine_file import UnusableEngine
from ser_ros.inference.tensorrt_engine.module import create


class _Tensor(NamedTuple):
    name: str
    is_input: bool
    shape: Tuple[int, ...]


class RunningEngine:
    """
    An engine on the GPU, with its memory and stream.

    It may be opened, run and closed in different threads, but by one at a time: the GPU's context
    is made current for each of these calls.

    Attributes
    ----------
    precision: in what it computes, as its layers say; None if they don't tell.

    """

    def __init__(self, trt: Any, logger: Any, device: Device, plan: bytes):
        """
        Load a serialised engine.

        :raises UnusableEngine: if TensorRT refuses it, or it has not one input and one output.
        :raises SerError: if the GPU has too little memory, or the driver fails.
        """
        self._trt = trt
        self._device = device
        self._memory: List[Any] = []
        self._stream: Any = None
        self._context: Any = None
        self._engine: Any = None
        self._runtime: Any = None
        self.precision: Optional[str] = None
        try:
            with device.current():
                self._load(trt, logger, plan)
        except SerError:
            self.close()
            raise

    def _load(self, trt: Any, logger: Any, plan: bytes) -> None:
        self._runtime = create(trt.Runtime, logger)
        self._engine = self._runtime.deserialize_cuda_engine(plan)
        if self._engine is None:
            raise UnusableEngine(
                f'TensorRT {trt.__version__} cannot load the engine; was it built by another '
                'version or for another GPU?')
        self.precision = precision.inspect(trt, self._engine)
        self._context = self._engine.create_execution_context()
        if self._context is None:
            raise SerError('TensorRT cannot prepare the engine; check the free memory of the GPU')
        # From 8.5 on tensors have names; the numbered bindings are gone in 10.
        self._named = hasattr(self._engine, 'num_io_tensors')
        tensors = self._named_tensors() if self._named else self._numbered_tensors()
        if sorted(tensor.is_input for tensor in tensors) != [False, True]:
            raise UnusableEngine(
                f'the engine must have one input and one output, but it has {len(tensors)} tensors')
        self._stream = self._device.new_stream()
        self._give_memory(tensors)

    def _named_tensors(self) -> List[_Tensor]:
        engine, wanted = self._engine, self._trt.TensorIOMode.INPUT
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        return [_Tensor(name, engine.get_tensor_mode(name) == wanted,
                        tuple(engine.get_tensor_shape(name))) for name in names]

    def _numbered_tensors(self) -> List[_Tensor]:
        engine = self._engine
        return [_Tensor(engine.get_binding_name(index), engine.binding_is_input(index),
                        tuple(engine.get_binding_shape(index)))
                for index in range(engine.num_bindings)]

    def _give_memory(self, tensors: List[_Tensor]) -> None:
        for tensor in tensors:
            values = np.zeros(tensor.shape, np.float32)
            memory = self._device.allocate(values.nbytes)
            self._memory.append(memory)
            if tensor.is_input:
                self._input, self._input_memory = values, memory
            else:
                self._output, self._output_memory = values, memory
        self._bindings = [self._device.address(memory) for memory in self._memory]
        if self._named:
            for tensor, address in zip(tensors, self._bindings):
                if not self._context.set_tensor_address(tensor.name, address):
                    raise UnusableEngine(f'the engine refuses memory for {tensor.name}')

    def run(self, model_input: np.ndarray) -> np.ndarray:
        """
        Compute one window.

        :param model_input: float32 of the input's shape, with or without the batch.
        :return: float32, the output without the batch.
        :raises SerError: if TensorRT or the driver fails.
        """
        np.copyto(self._input, model_input.reshape(self._input.shape))
        with self._device.current():
            self._device.copy_in(self._input_memory, self._input, self._stream)
            handle = self._device.stream_handle(self._stream)
            if self._named:
                queued = self._context.execute_async_v3(handle)
            else:
                queued = self._context.execute_async_v2(self._bindings, handle)
            if not queued:
                raise SerError('TensorRT cannot run the engine')
            self._device.copy_out(self._output, self._output_memory, self._stream)
            self._device.wait(self._stream)
        return self._output[0].copy()

    def close(self) -> None:
        """
        Give back the engine and its memory; the order matters: the context goes first.

        After some errors the driver refuses all that follows, this as well: then nothing more can
        be given back, and whoever goes on with another backend must be able to.
        """
        with contextlib.suppress(SerError), self._device.current():
            memory, self._memory = self._memory, []
            try:
                if self._stream is not None:
                    self._device.close_stream(self._stream)
                for part in memory:
                    self._device.free(part)
            finally:  # while the GPU's context is current
                self._stream = self._context = self._engine = self._runtime = None
        self._stream = self._context = self._engine = self._runtime = None
