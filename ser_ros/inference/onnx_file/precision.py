# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""In which precision a graph of ONNX multiplies by its weights."""

from typing import Dict, List, NamedTuple, Optional, Tuple

from ser_ros.inference.onnx_file.protobuf import Buffer, fields, text_of, varint

PRECISION_OF_TYPE = {1: 'fp32', 10: 'fp16', 2: 'int8', 3: 'int8'}  # TensorProto.DataType
# Operators that multiply by weights, and those that only hand weights on.
_WEIGHTED = ('Conv', 'Gemm', 'MatMul', 'ConvTranspose')
_INTEGER = {'QLinearConv': 3, 'QLinearMatMul': 3, 'ConvInteger': 1, 'MatMulInteger': 1}
_PASSING = ('Identity', 'Transpose', 'Reshape', 'Flatten', 'Unsqueeze', 'Squeeze')


class Node(NamedTuple):
    """A node of the graph; ``attributes`` are the places where they stand in the file."""

    operator: str
    inputs: List[str]
    outputs: List[str]
    attributes: List[Tuple[int, int]]


class Weights(NamedTuple):
    """The type of a tensor of weights, None for another type than a precision, and their number."""

    precision: Optional[str]
    size: int


def node_of(data: Buffer, start: int, end: int) -> Node:
    """Read a NodeProto."""
    node = Node('', [], [], [])
    for number, _, begin, stop in fields(data, start, end):
        if number == 1:
            node.inputs.append(text_of(data, begin, stop))
        elif number == 2:
            node.outputs.append(text_of(data, begin, stop))
        elif number == 4:
            node = node._replace(operator=text_of(data, begin, stop))
        elif number == 5:
            node.attributes.append((begin, stop))
    return node


def weights_of(data: Buffer, start: int, end: int) -> Tuple[str, Weights]:
    """Read name, type and size of a TensorProto."""
    name, data_type, count = '', 0, 1
    for number, value, begin, stop in fields(data, start, end):
        if number == 1 and begin == 0:
            count *= value
        elif number == 1:  # packed
            while begin < stop:
                size, begin = varint(data, begin, stop)
                count *= size
        elif number == 2:
            data_type = value
        elif number == 8:
            name = text_of(data, begin, stop)
    return name, Weights(PRECISION_OF_TYPE.get(data_type), count)


def precision_of(data: Buffer, nodes: List[Node], weights: Dict[str, Weights]) -> Optional[str]:
    """Weigh the types in which weights are multiplied by how many there are of each."""
    producers = {name: node for node in nodes for name in node.outputs}
    totals: Dict[str, int] = {}
    for node in nodes:
        position = _INTEGER.get(node.operator, 1 if node.operator in _WEIGHTED else None)
        if position is None or len(node.inputs) <= position:
            continue
        factor = _follow(data, node.inputs[position], producers, weights)
        if factor.precision:
            totals[factor.precision] = totals.get(factor.precision, 0) + factor.size
    return max(totals, key=lambda name: totals[name]) if totals else None


def _follow(data: Buffer, name: str, producers: Dict[str, Node],
            weights: Dict[str, Weights]) -> Weights:
    """Find the weights behind the tensor ``name`` and the type in which they are multiplied.

    Stored and computed type may differ: FP16 weights behind a Cast to float are computed in FP32,
    and weights behind DequantizeLinear are what a runtime multiplies in INT8.
    """
    computed: Optional[str] = None
    for _ in range(len(producers) + 1):  # a cycle, which no valid graph has, must not hang
        if name in weights:
            return Weights(computed or weights[name].precision, weights[name].size)
        node = producers.get(name)
        if node is None or not (node.inputs or node.operator == 'Constant'):
            break
        if node.operator == 'Constant':
            constant = _constant(data, node)
            return Weights(computed or constant.precision, constant.size)
        if node.operator == 'Cast':
            computed = computed or PRECISION_OF_TYPE.get(_cast_target(data, node))
        elif node.operator == 'DequantizeLinear':
            computed = computed or 'int8'
        elif node.operator not in _PASSING + ('QuantizeLinear',):
            break
        name = node.inputs[0]
    return Weights(None, 0)


def _cast_target(data: Buffer, node: Node) -> int:
    for start, end in node.attributes:
        for number, value, _, _ in fields(data, start, end):
            if number == 3:  # AttributeProto.i; Cast has the one attribute 'to'
                return value
    return 0


def _constant(data: Buffer, node: Node) -> Weights:
    for start, end in node.attributes:
        for number, _, begin, stop in fields(data, start, end):
            if number == 5:  # AttributeProto.t
                return weights_of(data, begin, stop)[1]
    return Weights(None, 0)
