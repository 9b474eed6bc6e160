# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""PyTorch as a backend: the reference that the others are compared with.

It reads the same ONNX file as every backend and runs it node by node ("eager"), on the GPU where
torch has one.
"""

import importlib.util
import os
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np

from ser_ros.errors import SerError, listed
from ser_ros.inference.backend import Backend, Session
from ser_ros.inference.engine_options import EngineOptions
from ser_ros.inference.model_file import Model
from ser_ros.inference.model_metadata import ModelInfo
from ser_ros.inference.onnx_file.scan import scan

# Of the networks that ser_ros trains by itself.
OPERATORS = (
    'Add', 'Cast', 'Conv', 'Flatten', 'Gemm', 'GlobalAveragePool', 'HardSigmoid', 'MatMul',
    'MaxPool', 'Mul', 'Relu', 'Sigmoid')
# Those of them that work here on images only: channels, rows and columns.
OPERATORS_ON_IMAGES = ('Conv', 'GlobalAveragePool', 'MaxPool')

_Attributes = Dict[str, Any]


def _operators() -> Dict[str, Callable]:
    """Map OPERATORS to functions (inputs, attributes) -> tensor."""
    import torch
    from torch.nn import functional

    types = {1: torch.float32, 10: torch.float16}

    def padded(tensor: Any, attributes: _Attributes, value: float) -> Tuple[Any, Tuple[int, int]]:
        top, left, bottom, right = attributes.get('pads', [0, 0, 0, 0])
        if (top, left) == (bottom, right):
            return tensor, (top, left)
        return functional.pad(tensor, (left, right, top, bottom), value=value), (0, 0)

    def conv(inputs: List[Any], attributes: _Attributes) -> Any:
        tensor, padding = padded(inputs[0], attributes, 0.)
        return functional.conv2d(
            tensor, inputs[1], inputs[2] if len(inputs) > 2 else None,
            stride=attributes.get('strides', 1), padding=padding,
            dilation=attributes.get('dilations', 1), groups=attributes.get('group', 1))

    def max_pool(inputs: List[Any], attributes: _Attributes) -> Any:
        tensor, padding = padded(inputs[0], attributes, float('-inf'))
        return functional.max_pool2d(
            tensor, attributes['kernel_shape'], attributes.get('strides', 1), padding)

    def gemm(inputs: List[Any], attributes: _Attributes) -> Any:
        first = inputs[0].T if attributes.get('transA') else inputs[0]
        second = inputs[1].T if attributes.get('transB') else inputs[1]
        product = attributes.get('alpha', 1.) * (first @ second)
        return product if len(inputs) < 3 else product + attributes.get('beta', 1.) * inputs[2]

    return {
        'Add': lambda inputs, _: inputs[0] + inputs[1],
        'Cast': lambda inputs, attributes: inputs[0].to(types[attributes['to']]),
        'Conv': conv,
        'Flatten': lambda inputs, attributes: inputs[0].flatten(attributes.get('axis', 1)),
        'Gemm': gemm,
        'GlobalAveragePool': lambda inputs, _: inputs[0].mean((2, 3), keepdim=True),
        'HardSigmoid': lambda inputs, attributes: torch.clamp(
            attributes.get('alpha', 0.2) * inputs[0] + attributes.get('beta', 0.5), 0., 1.),
        'MatMul': lambda inputs, _: inputs[0] @ inputs[1],
        'MaxPool': max_pool,
        'Mul': lambda inputs, _: inputs[0] * inputs[1],
        'Relu': lambda inputs, _: functional.relu(inputs[0]),
        'Sigmoid': lambda inputs, _: torch.sigmoid(inputs[0]),
    }


class PytorchSession(Session):
    """One model file, run node by node with torch."""

    backend = 'pytorch'

    def __init__(self, info: ModelInfo, content: bytes, threads: int):
        """Load the content of a file whose operators are all known onto the device."""
        import onnx
        import onnx.numpy_helper  # older versions don't import it by themselves
        import torch
        super().__init__(info, info.precision)
        torch.set_num_threads(threads)  # of the whole process: torch knows no other
        self._torch = torch
        self._device = _device()
        graph = onnx.load_from_string(content).graph
        self._input, self._output = graph.input[0].name, graph.output[0].name
        self._constants = {
            tensor.name: torch.from_numpy(onnx.numpy_helper.to_array(tensor).copy()).to(
                self._device) for tensor in graph.initializer}
        operators = _operators()
        self._steps: List[Tuple[Callable, List[str], str, _Attributes]] = []
        for node in graph.node:
            attributes = {attribute.name: onnx.helper.get_attribute_value(attribute)
                          for attribute in node.attribute}
            self._add(operators[node.op_type], list(node.input), node.output[0], attributes)

    def _add(self, function: Callable, inputs: List[str], output: str,
             attributes: _Attributes) -> None:
        """Compute what does not depend on the input, such as FP16 weights, once and for all."""
        if all(name in self._constants for name in inputs):
            self._constants[output] = function(
                [self._constants[name] for name in inputs], attributes)
        else:
            self._steps.append((function, inputs, output, attributes))

    def _run(self, model_input: np.ndarray) -> np.ndarray:
        with self._torch.inference_mode():
            inputs = self._torch.from_numpy(model_input[np.newaxis]).to(self._device)
            return self._compute(inputs)

    def _compute(self, inputs: Any) -> np.ndarray:
        values = dict(self._constants)
        values[self._input] = inputs
        for function, inputs, output, attributes in self._steps:
            values[output] = function([values[name] for name in inputs], attributes)
        return values[self._output][0].cpu().numpy()

    def close(self) -> None:
        """Give back the weights."""
        self._constants = {}
        self._steps = []


class PytorchBackend(Backend):
    """FP32 everywhere; FP16 on a GPU."""

    name = 'pytorch'

    def unavailable_reason(self) -> Optional[str]:
        """Return why the packages cannot be used, or None; without importing them."""
        for package in ('torch', 'onnx'):
            if importlib.util.find_spec(package) is None:
                return f'the Python package {package} is not installed (pip install {package})'
        return None

    def refusal(self, model: Model) -> Optional[str]:
        """Return why this simple interpreter of ONNX cannot run the model, or None if it can."""
        operators = scan(model.path(model.precisions[0])).operators
        unknown = sorted(operators.difference(OPERATORS))
        if unknown:
            return (f'it has no operator {listed(unknown)}; supported: {listed(OPERATORS)}. '
                    'Use onnxruntime')
        shape = model.info.input_shape
        if len(shape) != 3 and operators.intersection(OPERATORS_ON_IMAGES):
            return (f'its convolutions take inputs of three dimensions, not {list(shape)}. '
                    'Use onnxruntime')
        return None

    def precisions(self, model: Model) -> Tuple[str, ...]:
        """Return what is stored and torch can compute on its device; never INT8."""
        # Without importing torch, which takes a second: this is asked while windows come in.
        offered = ('fp32', 'fp16') if _has_gpu() else ('fp32',)
        return tuple(name for name in offered if name in model.precisions)

    def _open(self, model: Model, precision: str, threads: int, engines: EngineOptions) -> Session:
        info, content = model.load(precision)
        if info.precision == 'fp16' and _device() == 'cpu':
            raise SerError('torch computes fp16 on a GPU only, and there is no GPU here; use fp32')
        if info.voice_size:
            raise SerError(
                f'pytorch runs no models with a baseline of the voice, such as {info.name}; use '
                'the backend onnxruntime or tensorrt')
        return PytorchSession(info, content, threads)


def _has_gpu() -> bool:
    """Return whether NVIDIA's driver is loaded, that of a graphics card or of a Jetson."""
    return any(os.path.exists(path) for path in ('/dev/nvidiactl', '/dev/nvhost-gpu'))


def _device() -> str:
    import torch
    return 'cuda' if torch.cuda.is_available() else 'cpu'
