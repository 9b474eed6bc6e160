# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an ONNX file says about itself, read without a runtime and without its weights.

A scan over protobuf's wire format with the field numbers of onnx.proto. The file is mapped, so the
weights that are skipped are never read from disk. Needed because the runtimes' own readers either
load the whole model or hide the IR version, and because the ``onnx`` package is not installed on a
robot.
"""

import mmap
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from ser_ros.errors import SerError
from ser_ros.files import check_regular
from ser_ros.inference.onnx_file.precision import Node, Weights, node_of, precision_of, weights_of
from ser_ros.inference.onnx_file.protobuf import Buffer, Malformed, fields, text_of

_FLOAT32 = 1  # TensorProto.DataType


class Tensor(NamedTuple):
    """Type and shape of an input or output; -1 stands for a dimension that is not fixed."""

    name: str
    is_float32: bool
    shape: Tuple[int, ...]


class OnnxSummary(NamedTuple):
    """What the scan found.

    Attributes:
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
    operators: FrozenSet[str]


_Span = Tuple[int, int]


def scan(path: str) -> OnnxSummary:
    """Read versions, metadata, inputs, outputs and precision of the ONNX file ``path``.

    Raises:
        SerError: if the file cannot be read or is not an ONNX model.
    """
    try:
        check_regular(path)
        with open(path, 'rb') as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return scan_content(data, path)
    except OSError as error:
        raise SerError(f'cannot read the model file {path}: {error.strerror}') from error
    except ValueError as error:  # mmap refuses an empty file
        raise SerError(f'{path} is not an ONNX model ({error})') from error


def scan_content(data: Buffer, path: str) -> OnnxSummary:
    """Read what `scan` reads, of a file's content.

    Args:
        data: content of the file.
        path: of the file, for the text of errors.

    Raises:
        SerError: if the content is not an ONNX model.
    """
    try:
        return _scan_model(data)
    except (Malformed, ValueError) as error:
        raise SerError(f'{path} is not an ONNX model ({error})') from error


def _scan_model(data: Buffer) -> OnnxSummary:
    ir_version, opset = 0, 0
    metadata: Dict[str, str] = {}
    graph: Optional[_Span] = None
    for number, value, start, end in fields(data, 0, len(data)):
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
        raise Malformed('no IR version, operator set or graph in it')
    return OnnxSummary(ir_version, opset, metadata, *_scan_graph(data, *graph))


def _opset(data: Buffer, start: int, end: int) -> Tuple[str, int]:
    domain, version = '', 0
    for number, value, begin, stop in fields(data, start, end):
        if number == 1:
            domain = text_of(data, begin, stop)
        elif number == 2:
            version = value
    return domain, version


def _text_pair(data: Buffer, start: int, end: int) -> Tuple[str, str]:
    pair = {1: '', 2: ''}
    for number, _, begin, stop in fields(data, start, end):
        pair[number] = text_of(data, begin, stop)
    return pair[1], pair[2]


def _scan_graph(
        data: Buffer, start: int, end: int,
) -> Tuple[Tuple[Tensor, ...], Tuple[Tensor, ...], Optional[str], bool, FrozenSet[str]]:
    nodes: List[Node] = []
    weights: Dict[str, Weights] = {}
    inputs: List[Tensor] = []
    outputs: List[Tensor] = []
    for number, _, begin, stop in fields(data, start, end):
        if number == 1:
            nodes.append(node_of(data, begin, stop))
        elif number == 5:
            name, stored = weights_of(data, begin, stop)
            weights[name] = stored
        elif number == 11:
            inputs.append(_tensor(data, begin, stop))
        elif number == 12:
            outputs.append(_tensor(data, begin, stop))
    real_inputs = tuple(tensor for tensor in inputs if tensor.name not in weights)
    has_cast_weights = any(node.operator == 'Cast' and node.inputs[0] in weights
                           for node in nodes if node.inputs)
    operators = frozenset(node.operator for node in nodes)
    return (real_inputs, tuple(outputs), precision_of(data, nodes, weights), has_cast_weights,
            operators)


def _tensor(data: Buffer, start: int, end: int) -> Tensor:
    name, data_type = '', 0
    shape: List[int] = []
    for number, _, begin, stop in fields(data, start, end):
        if number == 1:
            name = text_of(data, begin, stop)
        elif number == 2:
            # TypeProto.tensor_type = 1 {elem_type = 1, shape = 2 {dim = 1 {dim_value = 1}}}
            for _, _, type_start, type_end in fields(data, begin, stop):
                for field, value, low, high in fields(data, type_start, type_end):
                    if field == 1:
                        data_type = value
                    elif field == 2:
                        shape = [_dimension(data, *span[2:]) for span in fields(data, low, high)]
    return Tensor(name, data_type == _FLOAT32, tuple(shape))


def _dimension(data: Buffer, start: int, end: int) -> int:
    for number, value, _, _ in fields(data, start, end):
        if number == 1:
            return value
    return -1
