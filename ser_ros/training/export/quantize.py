# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""INT8 forms of a model, for CPUs: U8 activations and S8 weights with a scale for each channel.

Static: the ranges of the activations are taken from windows of the training. Dynamic: each window
has its own.
"""

import contextlib
import logging
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_dynamic,
    quantize_static,
)

from ser_ros.inference.onnx_file.writing import IR_VERSION
from ser_ros.training.networks.base import Network

PRODUCT = 'MatMul'
FULLY_CONNECTED = 'Gemm'


class _Inputs(CalibrationDataReader):
    def __init__(self, model: onnx.ModelProto, inputs: Iterable[np.ndarray]):
        first, *others = model.graph.input
        zeros = {tensor.name: np.zeros(
            [size.dim_value for size in tensor.type.tensor_type.shape.dim], np.float32)
            for tensor in others}
        self._feeds: Iterator[dict[str, np.ndarray]] = (
            {first.name: model_input[np.newaxis], **zeros} for model_input in inputs)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._feeds, None)


def to_int8(model: onnx.ModelProto, inputs: Iterable[np.ndarray],
            prefixes: tuple[str, ...] = ('',),
            operators: tuple[str, ...] = Network.int8_operators) -> onnx.ModelProto:
    """Return the FP32 model with QuantizeLinear/DequantizeLinear pairs around its heavy nodes.

    Args:
        model: the model in FP32.
        inputs: windows of the training data, from which the ranges of activations are taken.
        prefixes: what the names of the nodes to be quantised begin with; the others stay, and so
            do fully connected layers of which none is the whole name.
        operators: operators of these nodes that become INT8; of products those by weights do.
    """
    weights = {tensor.name for tensor in model.graph.initializer}
    nodes = [node.name for node in model.graph.node
             if (node.op_type in operators and node.name.startswith(prefixes)
                 and (node.op_type != PRODUCT or node.input[1] in weights))
             or (node.op_type == FULLY_CONNECTED and node.name in prefixes)]
    if not nodes:  # the quantiser would take this for all nodes
        raise ValueError(f'no node to quantise begins with {prefixes}')
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, 'fp32.onnx'), Path(folder, 'int8.onnx')
        _prepare(model, source)
        with _only_warnings():
            quantize_static(
                source, target, _Inputs(model, inputs),
                quant_format=QuantFormat.QDQ, per_channel=True, activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8, calibrate_method=CalibrationMethod.MinMax,
                op_types_to_quantize=[*operators, FULLY_CONNECTED], nodes_to_quantize=nodes)
        return _loaded(target)


def to_dynamic_int8(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the FP32 model with its matrix products by weights in INT8.

    Ranges of the activations are measured in each window. It suits large transformers, whose
    activations have outliers that fixed ranges would cut off. TensorRT does not run such a model.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, 'fp32.onnx'), Path(folder, 'int8.onnx')
        _prepare(model, source)
        with _only_warnings():
            quantize_dynamic(
                source, target, op_types_to_quantize=[PRODUCT, FULLY_CONNECTED],
                per_channel=True, weight_type=QuantType.QInt8)
        return _loaded(target)


@contextlib.contextmanager
def _only_warnings() -> Iterator[None]:
    """Keep the quantiser, which logs under no name of its own, from listing every tensor.

    Its messages also give the root logger a handler, which would repeat all later messages.
    """
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    root.setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers


def _prepare(model: onnx.ModelProto, path: Path) -> None:
    """Write the model with the shapes of inner tensors. Batch normalisation is folded already."""
    onnx.save(model, path)
    quant_pre_process(path, path, skip_optimization=True, skip_symbolic_shape=True)


def _loaded(path: Path) -> onnx.ModelProto:
    model = onnx.load(path)
    model.ir_version = IR_VERSION
    return model
