# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What an ONNX file says about itself, read without a runtime and without its weights.

A scan over protobuf's wire format (https://protobuf.dev/programming-guides/encoding) with the
field numbers of onnx.proto. The file is mapped, so the weights that are skipped are never read
from disk. Needed because the runtimes' own readers either load the whole model or hide the IR
version, and because the ``onnx`` package is not installed on a robot.
"""

import mmap
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from ser_ros.errors import SerError
from ser_ros.files import check_regular

PRECISION_OF_TYPE = {1: 'fp32', 10: 'fp16', 2: 'int8', 3: 'int8'}  # TensorProto.DataType
_FLOAT32 = 1
# Operators that multiply by weights, and those that only hand weights on.
_WEIGHTED = ('Conv', 'Gemm', 'MatMul', 'ConvTranspose')
_INTEGER = {'QLinearConv': 3, 'QLinearMatMul': 3, 'ConvInteger': 1, 'MatMulInteger': 1}
_PASSING = ('Identity', 'Transpose', 'Reshape', 'Flatten', 'Unsqueeze', 'Squeeze')


class Tensor(NamedTuple):
    """Type and shape of an input or output; -1 stands for a dimension that is not fixed."""

    name: str
    is_float32: bool
    shape: Tuple[int, ...]


class OnnxSummary(NamedTuple):
    """
    What the scan found.

    precision: in what most weights are multiplied: fp32, fp16 or int8; None without weights.
    has_cast_weights: whether weights are stored in another type than they are computed in.
    """

    ir_version: int
    opset: int
    metadata: Dict[str, str]
    inputs: Tuple[Tensor, ...]
    outputs: Tuple[Tensor, ...]
    precision: Optional[str]
    has_cast_weights: bool


class _Malformed(Exception):
    pass


class _Node(NamedTuple):
    operator: str
    inputs: List[str]
    outputs: List[str]
    attributes: List[Tuple[int, int]]


class _Weights(NamedTuple):
    precision: Optional[str]
    size: int


_Buffer = Union[bytes, mmap.mmap]
_Span = Tuple[int, int]


def scan(path: str) -> OnnxSummary:
    """
    Read versions, metadata, inputs, outputs and precision of the ONNX file ``path``.

    :raises SerError: if the file cannot be read or is no ONNX model.
    """
    try:
        check_regular(path)
        with open(path, 'rb') as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _scan_model(data)
    except OSError as error:
        raise SerError('cannot read the model file {}: {}'.format(path, error.strerror)) from error
    except (_Malformed, ValueError) as error:  # mmap refuses an empty file with ValueError
        raise SerError('{} is not an ONNX model ({})'.format(path, error)) from error


def _varint(data: _Buffer, position: int, end: int) -> Tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= end:
            break
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise _Malformed('broken number at byte {}'.format(position))


def _fields(data: _Buffer, start: int, end: int) -> Iterator[Tuple[int, int, int, int]]:
    """Yield (field number, value, start, end); a span where the field has a length, else 0, 0."""
    position = start
    while position < end:
        key, position = _varint(data, position, end)
        wire_type = key & 7
        value, length = 0, 0
        if wire_type == 0:
            value, position = _varint(data, position, end)
            yield key >> 3, value, 0, 0
            continue
        if wire_type == 2:
            length, position = _varint(data, position, end)
        elif wire_type in (1, 5):
            length = 8 if wire_type == 1 else 4
        else:
            raise _Malformed('unknown wire type {} at byte {}'.format(wire_type, position))
        if position + length > end:
            raise _Malformed('a field ends after the end of the file: is it complete?')
        yield key >> 3, 0, position, position + length
        position += length


def _text(data: _Buffer, start: int, end: int) -> str:
    return data[start:end].decode('utf-8')  # UnicodeDecodeError is a ValueError


def _scan_model(data: _Buffer) -> OnnxSummary:
    ir_version, opset = 0, 0
    metadata: Dict[str, str] = {}
    graph: Optional[_Span] = None
    for number, value, start, end in _fields(data, 0, len(data)):
        if number == 1:
            ir_version = value
        elif number == 7:
            graph = (start, end)
        elif number == 8:
            domain, version = _opset(data, start, end)
            opset = version if domain in ('', 'ai.onnx') else opset
        elif number == 14:
            key, text = _text_pair(data, start, end)
            metadata[key] = text
    if not (ir_version and opset and graph):
        raise _Malformed('no IR version, operator set or graph in it')
    return OnnxSummary(ir_version, opset, metadata, *_scan_graph(data, *graph))


def _opset(data: _Buffer, start: int, end: int) -> Tuple[str, int]:
    domain, version = '', 0
    for number, value, begin, stop in _fields(data, start, end):
        if number == 1:
            domain = _text(data, begin, stop)
        elif number == 2:
            version = value
    return domain, version


def _text_pair(data: _Buffer, start: int, end: int) -> Tuple[str, str]:
    pair = {1: '', 2: ''}
    for number, _, begin, stop in _fields(data, start, end):
        pair[number] = _text(data, begin, stop)
    return pair[1], pair[2]


def _scan_graph(data: _Buffer, start: int, end: int):
    nodes: List[_Node] = []
    weights: Dict[str, _Weights] = {}
    inputs: List[Tensor] = []
    outputs: List[Tensor] = []
    for number, _, begin, stop in _fields(data, start, end):
        if number == 1:
            nodes.append(_node(data, begin, stop))
        elif number == 5:
            name, found = _weights(data, begin, stop)
            weights[name] = found
        elif number == 11:
            inputs.append(_tensor(data, begin, stop))
        elif number == 12:
            outputs.append(_tensor(data, begin, stop))
    real_inputs = tuple(tensor for tensor in inputs if tensor.name not in weights)
    has_cast_weights = any(node.operator == 'Cast' and node.inputs[0] in weights
                           for node in nodes if node.inputs)
    return real_inputs, tuple(outputs), _precision(data, nodes, weights), has_cast_weights


def _node(data: _Buffer, start: int, end: int) -> _Node:
    node = _Node('', [], [], [])
    for number, _, begin, stop in _fields(data, start, end):
        if number == 1:
            node.inputs.append(_text(data, begin, stop))
        elif number == 2:
            node.outputs.append(_text(data, begin, stop))
        elif number == 4:
            node = node._replace(operator=_text(data, begin, stop))
        elif number == 5:
            node.attributes.append((begin, stop))
    return node


def _weights(data: _Buffer, start: int, end: int) -> Tuple[str, _Weights]:
    name, data_type, count = '', 0, 1
    for number, value, begin, stop in _fields(data, start, end):
        if number == 1 and begin == 0:
            count *= value
        elif number == 1:  # packed
            while begin < stop:
                size, begin = _varint(data, begin, stop)
                count *= size
        elif number == 2:
            data_type = value
        elif number == 8:
            name = _text(data, begin, stop)
    return name, _Weights(PRECISION_OF_TYPE.get(data_type), count)


def _tensor(data: _Buffer, start: int, end: int) -> Tensor:
    name, data_type = '', 0
    shape: List[int] = []
    for number, _, begin, stop in _fields(data, start, end):
        if number == 1:
            name = _text(data, begin, stop)
        elif number == 2:
            # TypeProto.tensor_type = 1 {elem_type = 1, shape = 2 {dim = 1 {dim_value = 1}}}
            for _, _, type_start, type_end in _fields(data, begin, stop):
                for field, value, low, high in _fields(data, type_start, type_end):
                    if field == 1:
                        data_type = value
                    elif field == 2:
                        shape = [_dimension(data, *span[2:]) for span in _fields(data, low, high)]
    return Tensor(name, data_type == _FLOAT32, tuple(shape))


def _dimension(data: _Buffer, start: int, end: int) -> int:
    for number, value, _, _ in _fields(data, start, end):
        if number == 1:
            return value
    return -1


def _precision(data: _Buffer, nodes: List[_Node], weights: Dict[str, _Weights]) -> Optional[str]:
    """Weigh the types in which weights are multiplied by how many there are of each."""
    producers = {name: node for node in nodes for name in node.outputs}
    totals: Dict[str, int] = {}
    for node in nodes:
        position = _INTEGER.get(node.operator, 1 if node.operator in _WEIGHTED else None)
        if position is None or len(node.inputs) <= position:
            continue
        found = _follow(data, node.inputs[position], producers, weights)
        if found.precision:
            totals[found.precision] = totals.get(found.precision, 0) + found.size
    return max(totals, key=lambda name: totals[name]) if totals else None


def _follow(data: _Buffer, name: str, producers: Dict[str, _Node],
            weights: Dict[str, _Weights]) -> _Weights:
    """
    Find the weights behind the tensor ``name`` and the type in which they are multiplied.

    Stored and computed type may differ: FP16 weights behind a Cast to float are computed in FP32,
    and weights behind DequantizeLinear are what a runtime multiplies in INT8.
    """
    computed: Optional[str] = None
    for _ in range(len(producers) + 1):  # a cycle, which no valid graph has, must not hang
        if name in weights:
            return _Weights(computed or weights[name].precision, weights[name].size)
        node = producers.get(name)
        if node is None or not (node.inputs or node.operator == 'Constant'):
            break
        if node.operator == 'Constant':
            constant = _constant(data, node)
            return _Weights(computed or constant.precision, constant.size)
        if node.operator == 'Cast':
            computed = computed or PRECISION_OF_TYPE.get(_cast_target(data, node))
        elif node.operator == 'DequantizeLinear':
            computed = computed or 'int8'
        elif node.operator not in _PASSING + ('QuantizeLinear',):
            break
        name = node.inputs[0]
    return _Weights(None, 0)


def _cast_target(data: _Buffer, node: _Node) -> int:
    for start, end in node.attributes:
        for number, value, _, _ in _fields(data, start, end):
            if number == 3:  # AttributeProto.i; Cast has the one attribute 'to'
                return value
    return 0


def _constant(data: _Buffer, node: _Node) -> _Weights:
    for start, end in node.attributes:
        for number, _, begin, stop in _fields(data, start, end):
            if number == 5:  # AttributeProto.t
                return _weights(data, begin, stop)[1]
    return _Weights(None, 0)
