# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A trained ResNet34 as an ONNX file that every runtime from TensorRT 8.2 on reads.

The graph is written node by node, with batch normalisation folded into the convolutions: torch's
own exporter chooses a newer operator set than it is asked for.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from ser_ros.inference.model_file import METADATA_KEY
from ser_ros.training.resnet import BasicBlock, ResNet34

OPSET = 13  # the newest that TensorRT 8.2 parses
IR_VERSION = 7  # the newest that goes with this operator set; ONNX Runtime 1.10 reads up to 8


class _Graph:
    """Nodes and constants in the order in which they are added."""

    def __init__(self):
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, operator: str, name: str, inputs: list[str], **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [name], name, **attributes))
        return name

    def constant(self, name: str, values: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def convolve(self, name: str, source: str, conv: nn.Conv2d, norm: nn.BatchNorm2d) -> str:
        weight, bias = fold(conv, norm)
        inputs = [source, self.constant(name + '.weight', weight),
                  self.constant(name + '.bias', bias)]
        return self.add(
            'Conv', name, inputs, kernel_shape=list(conv.kernel_size), strides=list(conv.stride),
            pads=list(conv.padding) * 2)

    def linear(self, name: str, source: str, linear: nn.Linear) -> str:
        inputs = [source, self.constant(name + '.weight', linear.weight.detach().numpy()),
                  self.constant(name + '.bias', linear.bias.detach().numpy())]
        return self.add('Gemm', name, inputs, transB=1)

    def block(self, name: str, source: str, block: BasicBlock) -> str:
        inner = self.convolve(name + '.conv1', source, block.conv1, block.bn1)
        inner = self.add('Relu', name + '.relu1', [inner])
        inner = self.convolve(name + '.conv2', inner, block.conv2, block.bn2)
        aside = source
        if block.has_projection:
            aside = self.convolve(name + '.conv3', source, block.conv3, block.bn3)
        return self.add('Relu', name + '.relu2', [self.add('Add', name + '.add', [inner, aside])])


def fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[np.ndarray, np.ndarray]:
    """Return weight and bias of the convolution that does what ``conv`` and then ``norm`` do."""
    state = {name: value.double().numpy() for name, value in norm.state_dict().items()}
    scale = state['weight'] / np.sqrt(state['running_var'] + norm.eps)
    weight = conv.weight.detach().double().numpy() * scale[:, None, None, None]
    bias = state['bias'] - state['running_mean'] * scale
    return weight.astype(np.float32), bias.astype(np.float32)


def to_onnx(network: ResNet34, input_shape: tuple[int, ...]) -> onnx.ModelProto:
    """Return the network as an ONNX model of one window in FP32, named image -> logits."""
    graph = _Graph()
    last = graph.convolve('conv1', 'image', network.conv1, network.bn1)
    last = graph.add('Relu', 'relu1', [last])
    last = graph.add('MaxPool', 'pool', [last], kernel_shape=[3, 3], strides=[2, 2],
                     pads=[1, 1, 1, 1])
    for index, block in enumerate(network.residual_blocks()):
        last = graph.block(f'block{index}', last, block)
    last = graph.add('Flatten', 'flat', [graph.add('GlobalAveragePool', 'mean', [last])])
    last = graph.add('Relu', 'hidden.relu', [graph.linear('hidden', last, network.hidden)])
    graph.linear('logits', last, network.output)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, 'resnet34',
            [helper.make_tensor_value_info('image', TensorProto.FLOAT, (1, *input_shape))],
            [helper.make_tensor_value_info(
                'logits', TensorProto.FLOAT, (1, network.output.out_features))],
            graph.constants),
        producer_name='ser_ros', opset_imports=[helper.make_opsetid('', OPSET)])
    model.ir_version = IR_VERSION
    return model


def to_fp16(model: onnx.ModelProto) -> onnx.ModelProto:
    """
    Return the FP32 model with weights and arithmetic in FP16, input and output still float32.

    :raises ValueError: if a weight is out of FP16's range.
    """
    half = onnx.ModelProto()
    half.CopyFrom(model)
    graph = half.graph
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if np.abs(values).max() > np.finfo(np.float16).max:
            raise ValueError(f'{tensor.name} reaches {np.abs(values).max()}, too much for FP16')
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), tensor.name))
    source, target = graph.input[0].name, graph.output[0].name
    for node in graph.node:
        _rename(node.input, source, source + '.fp16')
        _rename(node.output, target, target + '.fp16')
    graph.node.insert(0, helper.make_node(
        'Cast', [source], [source + '.fp16'], to=TensorProto.FLOAT16))
    graph.node.append(helper.make_node(
        'Cast', [target + '.fp16'], [target], to=TensorProto.FLOAT))
    return half


def _rename(names: Any, old: str, new: str) -> None:
    for index, name in enumerate(names):
        if name == old:
            names[index] = new


def save(model: onnx.ModelProto, path: str, metadata: Mapping[str, Any]) -> None:
    """
    Check the model, put the metadata in, and write it.

    :raises onnx.checker.ValidationError: if the graph is not valid.
    :raises ValueError: if the versions are newer than the oldest runtime reads.
    """
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    if model.ir_version > IR_VERSION or opsets.get('', 0) > OPSET:
        raise ValueError(f'IR version {model.ir_version} and operator sets {opsets}; at most '
                         f'{IR_VERSION} and {OPSET} are read by every runtime')
    helper.set_model_props(model, {METADATA_KEY: json.dumps(metadata)})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
