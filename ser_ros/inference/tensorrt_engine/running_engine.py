# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Running an engine: memory on the GPU for its inputs and outputs, and one call for a window."""

import contextlib
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from ser_ros.errors import SerError
from ser_ros.inference.backend import Answer
from ser_ros.inference.model_metadata import BASELINE, VOICE
from ser_ros.inference.tensorrt_engine import precision
from ser_ros.inference.tensorrt_engine.device import Device
from ser_ros.inference.tensorrt_engine.engine_file import UnusableEngine
from ser_ros.inference.tensorrt_engine.module import create


class _Tensor(NamedTuple):
    name: str
    is_input: bool
    shape: Tuple[int, ...]


class _Buffer(NamedTuple):
    """What a tensor holds, on either side."""

    values: np.ndarray
    memory: Any


class RunningEngine:
    """An engine on the GPU, with its memory and stream.

    It may be opened, run and closed in different threads, but by one at a time: the GPU's context
    is made current for each of these calls.

    Attributes:
        precision: in what it computes, as its layers say; None if they don't.
    """

    def __init__(self, trt: Any, logger: Any, device: Device, plan: bytes):
        """Load a serialised engine.

        Raises:
            UnusableEngine: if TensorRT refuses it, or its inputs and outputs are not those of a
                model.
            SerError: if the GPU has too little memory, or the driver fails.
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
        _check_tensors(tensors)
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
        self._inputs: Dict[str, _Buffer] = {}
        self._outputs: Dict[str, _Buffer] = {}
        for tensor in tensors:
            values = np.zeros(tensor.shape, np.float32)
            memory = self._device.allocate(values.nbytes)
            self._memory.append(memory)
            buffers = self._inputs if tensor.is_input else self._outputs
            buffers[tensor.name] = _Buffer(values, memory)
        self._bindings = [self._device.address(memory) for memory in self._memory]
        if self._named:
            for tensor, address in zip(tensors, self._bindings):
                if not self._context.set_tensor_address(tensor.name, address):
                    raise UnusableEngine(f'the engine refuses memory for {tensor.name}')
        self._input = next(self._inputs[name] for name in self._inputs if name != BASELINE)
        self._logits = next(self._outputs[name] for name in self._outputs if name != VOICE)

    def run(self, model_input: np.ndarray, baseline: Optional[np.ndarray] = None) -> np.ndarray:
        """Compute the logits of one window, see `answer`."""
        return self.answer(model_input, baseline).logits

    def answer(self, model_input: np.ndarray, baseline: Optional[np.ndarray] = None) -> Answer:
        """Compute one window.

        Args:
            model_input: Float32 of the input's shape, with or without the batch.
            baseline: the same of the input ``baseline``; only where the engine has it.

        Returns:
            The outputs without the batch.

        Raises:
            SerError: if TensorRT or the driver fails.
        """
        np.copyto(self._input.values, model_input.reshape(self._input.values.shape))
        if baseline is not None:
            np.copyto(self._inputs[BASELINE].values[0], baseline)
        with self._device.current():
            for values, memory in self._inputs.values():
                self._device.copy_in(memory, values, self._stream)
            handle = self._device.stream_handle(self._stream)
            if self._named:
                queued = self._context.execute_async_v3(handle)
            else:
                queued = self._context.execute_async_v2(self._bindings, handle)
            if not queued:
                raise SerError('TensorRT cannot run the engine')
            for values, memory in self._outputs.values():
                self._device.copy_out(values, memory, self._stream)
            self._device.wait(self._stream)
        voice = self._outputs.get(VOICE)
        return Answer(self._logits.values[0].copy(),
                      None if voice is None else voice.values[0].copy())

    def close(self) -> None:
        """Give back the engine and its memory; the order matters: the context goes first.

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


def _check_tensors(tensors: List[_Tensor]) -> None:
    inputs = {tensor.name for tensor in tensors if tensor.is_input}
    outputs = {tensor.name for tensor in tensors if not tensor.is_input}
    if (len(inputs - {BASELINE}), len(outputs - {VOICE})) != (1, 1) or (
            (BASELINE in inputs) != (VOICE in outputs)):
        raise UnusableEngine(
            f'the engine must have one input and one output, with or without {BASELINE} and '
            f'{VOICE}, but it has {sorted(inputs)} and {sorted(outputs)}')
