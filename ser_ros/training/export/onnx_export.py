# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A trained network as an ONNX file that every runtime from TensorRT 8.2 on reads.

How the graph comes about is the network's own business, see `Network.to_onnx`.
"""

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from ser_ros.inference.onnx_file.forms import to_fp16 as to_fp16
from ser_ros.inference.onnx_file.forms import to_half
from ser_ros.inference.onnx_file.writing import IR_VERSION, OPSET
from ser_ros.training.networks.base import Network
from ser_ros.training.networks.onnx_graph import Graph, Shapes


def to_onnx(network: Network, input_shape: tuple[int, ...]) -> onnx.ModelProto:
    """Return the network as an ONNX model of one window in FP32, named input -> logits.

    Args:
        network: in evaluation mode.
        input_shape: shape of its input, without the batch.
    """
    with torch.inference_mode():
        classes = network(torch.zeros(1, *input_shape)).shape[1]
    graph = Graph(input_shape)
    logits = network.to_onnx(graph)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, type(network).__name__.lower(),
            _described({graph.input: input_shape, **graph.more_inputs}),
            _described({logits: (classes,), **graph.more_outputs}),
            graph.constants),
        producer_name='ser_ros', opset_imports=[helper.make_opsetid('', OPSET)])
    model.ir_version = IR_VERSION
    return model


def voice_size(model: onnx.ModelProto) -> int:
    """Return the size of the output that says what a voice is like, 0 where there is none."""
    sizes = {output.name: output.type.tensor_type.shape.dim[1].dim_value
             for output in model.graph.output}
    return sizes.get('voice', 0)


def _described(shapes: Shapes) -> list[onnx.ValueInfoProto]:
    return [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, *shape))
            for name, shape in shapes.items()]


def with_fp16_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the FP32 model with its weights stored in FP16, which halves the file.

    Runtimes turn them into FP32 when they load the file, and compute in FP32.

    Raises:
        ValueError: if a weight is out of FP16's range.
    """
    stored = onnx.ModelProto()
    stored.CopyFrom(model)
    graph = stored.graph
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.ndim > 1:  # biases are few, and add up
            casts.append(helper.make_node(
                'Cast', [tensor.name + '.fp16'], [tensor.name], to=TensorProto.FLOAT))
            tensor.CopyFrom(numpy_helper.from_array(to_half(values, tensor.name),
                                                    tensor.name + '.fp16'))
    for index, cast in enumerate(casts):
        graph.node.insert(index, cast)
    return stored
