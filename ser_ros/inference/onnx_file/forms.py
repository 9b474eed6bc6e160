# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The same model in the forms that runtimes want: all in FP16, plain FP32, or INT8 of S8 only.

Works with ``onnx`` from 1.10. Nothing here is needed to run a stored file.
"""

from typing import Any, Dict, List, Tuple

import numpy as np
import onnx
import onnx.numpy_helper  # older versions don't import it by themselves
from onnx import TensorProto, helper, numpy_helper

S8_LARGEST = 127
_VARIANCE = ['Pow', 'ReduceMean', 'Add', 'Sqrt']
_SMALLEST_SCALE = float(np.finfo(np.float32).tiny)


def to_fp16(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the FP32 model with weights and arithmetic in FP16, inputs and outputs still float32.

    Variances, which normalisation divides by, are computed in FP32: FP16 has no squares over
    65504 and hardly any under 1e-7.

    Raises:
        ValueError: if a weight is out of FP16's range.
    """
    half = _copy(model)
    graph = half.graph
    variances = _variances(graph)
    floats = _own_constants(graph, variances)
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT:  # such as the shape that Reshape takes
            continue
        values = to_half(numpy_helper.to_array(tensor), tensor.name)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    inputs, outputs = ([value.name for value in values] for values in (graph.input, graph.output))
    for node in graph.node:
        for name in inputs + outputs:  # an output may be the input of other nodes, too
            _rename(node.input, name, name + '.fp16')
            _rename(node.output, name, name + '.fp16')
    for name in inputs:
        graph.node.insert(0, helper.make_node(
            'Cast', [name], [name + '.fp16'], to=TensorProto.FLOAT16))
    for name in outputs:
        graph.node.append(helper.make_node(
            'Cast', [name + '.fp16'], [name], to=TensorProto.FLOAT))
    _keep_fp32(graph, variances)
    graph.initializer.extend(floats)
    return half


def _variances(graph: Any) -> List[List[onnx.NodeProto]]:
    """Return the nodes of each sqrt(mean(x ** 2) + epsilon), from the power to the root."""
    consumers: Dict[str, List[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)
    found = []
    for node in graph.node:
        chain = [node]
        for operator in _VARIANCE[1:]:
            following = consumers.get(chain[-1].output[0], [])
            if len(following) != 1 or following[0].op_type != operator:
                break
            chain.append(following[0])
        if [member.op_type for member in chain] == _VARIANCE:
            found.append(chain)
    return found


def _own_constants(graph: Any, chains: List[List[onnx.NodeProto]]) -> List[onnx.TensorProto]:
    """Let the chains use constants of their own, and return these, which are to stay in FP32."""
    constants = {tensor.name: tensor for tensor in graph.initializer
                 if tensor.data_type == TensorProto.FLOAT}
    own: Dict[str, onnx.TensorProto] = {}
    for node in (node for chain in chains for node in chain):
        for index, name in enumerate(node.input):
            if name in constants:
                node.input[index] = name + '.fp32'
                own[name] = onnx.TensorProto()
                own[name].CopyFrom(constants[name])
                own[name].name = name + '.fp32'
    used = {name for node in graph.node for name in node.input}
    for name in own:
        if name not in used:
            graph.initializer.remove(constants[name])
    return list(own.values())


def _keep_fp32(graph: Any, chains: List[List[onnx.NodeProto]]) -> None:
    """Put a Cast to FP32 before each chain of an FP16 graph, and one to FP16 behind it."""
    for first, *_, last in chains:
        source, result = first.input[0], last.output[0]
        first.input[0], last.output[0] = result + '.squared', result + '.fp32'
        nodes = list(graph.node)
        graph.node.insert(nodes.index(last) + 1, helper.make_node(
            'Cast', [result + '.fp32'], [result], to=TensorProto.FLOAT16))
        graph.node.insert(nodes.index(first), helper.make_node(
            'Cast', [source], [result + '.squared'], to=TensorProto.FLOAT))


def to_half(values: np.ndarray, name: str) -> np.ndarray:
    """Return ``values`` in FP16, or raise ValueError with ``name`` if one is out of range."""
    largest = np.abs(values).max() if values.size else 0.0
    if largest > np.finfo(np.float16).max:
        raise ValueError(f'{name} reaches {largest}, which is too large for FP16')
    return values.astype(np.float16)


def fold_stored_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with weights that are stored in FP16 behind a Cast as plain FP32 weights."""
    folded = _copy(model)
    graph = folded.graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    for node in [node for node in graph.node if is_stored_weight(node, stored)]:
        tensor = stored[node.input[0]]
        values = numpy_helper.to_array(tensor).astype(np.float32)
        graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
        graph.node.remove(node)
    _remove_unused(graph)
    return folded


def is_stored_weight(node: onnx.NodeProto, stored: Dict[str, onnx.TensorProto]) -> bool:
    """Return whether the node is a Cast to float32 of one of the constants ``stored``."""
    return (node.op_type == 'Cast' and node.input[0] in stored
            and any(attribute.name == 'to' and attribute.i == TensorProto.FLOAT
                    for attribute in node.attribute))


def to_signed_int8(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a QDQ model of U8 activations as TensorRT takes it: S8, symmetric, bias in float32.

    TensorRT knows no zero points. An activation with the range [low, high] gets the scale
    max(|low|, |high|) / 127, half the resolution of U8 where it is never negative. There the
    zero point 0 also cut off what is under 0: a Relu does so now. Weights keep their values, as
    float32 behind a pair of QuantizeLinear and DequantizeLinear, which every TensorRT from 8.0 on
    reads; a quantised bias becomes float32.

    Raises:
        ValueError: if a scale or zero point is not a constant, or weights have a zero point.
    """
    signed = _copy(model)
    graph = signed.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    producers = {name: node for node in graph.node for name in node.output}
    nodes: List[onnx.NodeProto] = []
    for node in list(graph.node):
        if node.op_type == 'QuantizeLinear':
            nodes += _signed_quantize(graph, node, constants, producers)
        elif node.op_type == 'DequantizeLinear' and node.input[0] in constants:
            nodes += _signed_constant(graph, node, constants)
        elif node.op_type == 'DequantizeLinear':
            scale, zero = _signed_scale(node, constants)
            _set_quantization(graph, node, scale, zero)
            nodes.append(node)
        else:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    # Types of inner tensors, which were U8.
    del graph.value_info[:]
    _remove_unused(graph)
    return signed


def _signed_quantize(graph: Any, node: Any, constants: Dict[str, np.ndarray],
                     producers: Dict[str, Any]) -> List[Any]:
    scale, zero = _signed_scale(node, constants)
    cuts_negative = constants[node.input[2]].dtype == np.uint8 and not np.any(
        constants[node.input[2]])
    changed = onnx.NodeProto()
    changed.CopyFrom(node)
    _set_quantization(graph, changed, scale, zero)
    producer = producers.get(node.input[0])
    if not cuts_negative or (producer is not None and producer.op_type == 'Relu'):
        return [changed]
    positive = node.input[0] + '.positive.' + node.output[0]
    changed.input[0] = positive
    return [helper.make_node('Relu', [node.input[0]], [positive]), changed]


def _signed_scale(
        node: Any, constants: Dict[str, np.ndarray]) -> Tuple[np.ndarray, np.ndarray]:
    """Return (scale, zero point) in S8 of an activation's QuantizeLinear or DequantizeLinear."""
    if len(node.input) < 3 or not all(name in constants for name in node.input[1:3]):
        raise ValueError(f'{node.op_type} {node.output[0]} has no constant scale and zero point')
    scale = constants[node.input[1]].astype(np.float64)
    zero = constants[node.input[2]]
    if zero.dtype == np.uint8:
        low, high = -zero.astype(np.float64) * scale, (255.0 - zero) * scale
    elif zero.dtype == np.int8:
        low, high = (-128.0 - zero) * scale, (127.0 - zero) * scale
        if not np.any(zero):
            low = -high  # as it is
    else:
        raise ValueError(
            f'{node.output[0]} has a zero point of type {zero.dtype}; allowed: U8, S8')
    largest = np.maximum(np.abs(low), np.abs(high)) / S8_LARGEST
    return (np.maximum(largest, _SMALLEST_SCALE).astype(np.float32),
            np.zeros(zero.shape, np.int8))


def _signed_constant(graph: Any, node: Any, constants: Dict[str, np.ndarray]) -> List[Any]:
    """Return what replaces the DequantizeLinear of a weight or bias; add its constants."""
    values, scale = constants[node.input[0]], constants[node.input[1]]
    zero = constants[node.input[2]] if len(node.input) > 2 else np.zeros((), values.dtype)
    if np.any(zero) or values.dtype not in (np.int8, np.int32):
        raise ValueError(f'{node.input[0]} must be S8 or S32 with zero point 0')
    axis = next((attribute.i for attribute in node.attribute if attribute.name == 'axis'), 1)
    shape = [-1 if index == axis % max(values.ndim, 1) else 1 for index in range(values.ndim)]
    floats = (values.astype(np.float64) * (
        scale.reshape(shape) if scale.ndim else scale)).astype(np.float32)
    if values.dtype == np.int32:
        graph.initializer.append(numpy_helper.from_array(floats, node.output[0]))
        return []
    name = node.output[0]
    graph.initializer.append(numpy_helper.from_array(floats, name + '.float'))
    quantize = helper.make_node(
        'QuantizeLinear', [name + '.float', node.input[1], ''], [name + '.s8'])
    dequantize = helper.make_node(
        'DequantizeLinear', [name + '.s8', node.input[1], ''], [name])
    for made in quantize, dequantize:
        if scale.ndim:
            made.attribute.append(helper.make_attribute('axis', axis))
        _set_quantization(graph, made, scale, np.zeros(scale.shape, np.int8))
    return [quantize, dequantize]


def _set_quantization(graph: Any, node: Any, scale: np.ndarray, zero: np.ndarray) -> None:
    for index, value, ending in (1, scale, '.scale'), (2, zero, '.zero'):
        name = node.output[0] + ending
        graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        node.input[index] = name


def _remove_unused(graph: Any) -> None:
    used = {name for node in graph.node for name in node.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in used]:
        graph.initializer.remove(tensor)


def _copy(model: onnx.ModelProto) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return copy


def _rename(names: Any, old: str, new: str) -> None:
    for index, name in enumerate(names):
        if name == old:
            names[index] = new
