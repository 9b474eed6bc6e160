# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A trained network as an ONNX file that every runtime from TensorRT 8.2 on reads.

The graph is written node by node, with batch normalisation folded into the convolutions: torch's
own exporter chooses a newer operator set than it is asked for.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from ser_ros.inference.onnx_file.forms import to_fp16 as to_fp16
from ser_ros.inference.onnx_file.forms import to_half
from ser_ros.inference.onnx_file.writing import IR_VERSION, OPSET
from ser_ros.training.export.onnx_graph import Graph
from ser_ros.training.networks.ensemble import Ensemble, prefix
from ser_ros.training.networks.mobilenet import (
    ConvNormActivation,
    InvertedResidual,
    MobileNetV3,
    SqueezeLayers,
)
from ser_ros.training.networks.registry import Network
from ser_ros.training.networks.resnet import BasicBlock, ResNet


def to_onnx(network: Network | Ensemble, input_shape: tuple[int, ...]) -> onnx.ModelProto:
    """Return the network as an ONNX model of one window in FP32, named input -> logits."""
    graph = Graph()
    if isinstance(network, Ensemble):
        _add_ensemble(graph, network)
    else:
        _add_network(graph, network)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, type(network).__name__.lower(),
            [helper.make_tensor_value_info('input', TensorProto.FLOAT, (1, *input_shape))],
            [helper.make_tensor_value_info(
                'logits', TensorProto.FLOAT, (1, network.output.out_features))],
            graph.constants),
        producer_name='ser_ros', opset_imports=[helper.make_opsetid('', OPSET)])
    model.ir_version = IR_VERSION
    return model


def _add_ensemble(graph: Graph, network: Ensemble) -> None:
    parts = []
    for index, (member, share) in enumerate(zip(network.members, network.shares, strict=True)):
        graph.prefix = prefix(index)
        logits = _add_network(graph, member)
        parts.append(graph.add('Mul', 'share', [
            logits, graph.constant('share.factor', np.array(share, np.float32))]))
    graph.prefix = ''
    for index, part in enumerate(parts[1:], 1):
        name = 'logits' if part is parts[-1] else f'sum{index}'
        parts[0] = graph.add('Add', name, [parts[0], part])


def _add_network(graph: Graph, network: nn.Module) -> str:
    if isinstance(network, MobileNetV3):
        return _add_mobilenet(graph, network)
    assert isinstance(network, ResNet)
    return _add_resnet(graph, network)


def _add_resnet(graph: Graph, network: ResNet) -> str:
    last = graph.convolve('conv1', 'input', network.conv1, network.bn1)
    last = graph.add('Relu', 'relu1', [last])
    last = graph.add('MaxPool', 'pool', [last], kernel_shape=[3, 3], strides=[2, 2],
                     pads=[1, 1, 1, 1])
    for index, block in enumerate(network.residual_blocks()):
        last = _add_residual(graph, f'block{index}', last, block)
    last = graph.add('Flatten', 'flat', [graph.add('GlobalAveragePool', 'mean', [last])])
    last = graph.add('Relu', 'hidden.relu', [graph.linear('hidden', last, network.hidden)])
    return graph.linear('logits', last, network.output)


def _add_residual(graph: Graph, name: str, source: str, block: BasicBlock) -> str:
    inner = graph.convolve(name + '.conv1', source, block.conv1, block.bn1)
    inner = graph.add('Relu', name + '.relu1', [inner])
    inner = graph.convolve(name + '.conv2', inner, block.conv2, block.bn2)
    aside = source
    if block.has_projection:
        aside = graph.convolve(name + '.conv3', source, block.conv3, block.bn3)
    return graph.add('Relu', name + '.relu2', [graph.add('Add', name + '.add', [inner, aside])])


def _add_mobilenet(graph: Graph, network: MobileNetV3) -> str:
    last = 'input'
    for index, layer in enumerate(network.features):
        if isinstance(layer, InvertedResidual):
            last = _add_inverted_residual(graph, f'block{index}', last, layer)
        elif isinstance(layer, ConvNormActivation):
            last = _add_convolution(graph, f'conv{index}', last, layer)
    last = graph.add('Flatten', 'flat', [graph.add('GlobalAveragePool', 'mean', [last])])
    last = graph.hard_swish('hidden.swish', graph.linear('hidden', last, network.hidden))
    return graph.linear('logits', last, network.output)


def _add_inverted_residual(graph: Graph, name: str, source: str, block: InvertedResidual) -> str:
    last = source
    for index, layer in enumerate(block.block):
        if isinstance(layer, SqueezeLayers):
            last = _add_squeeze(graph, f'{name}.squeeze', last, layer)
        elif isinstance(layer, ConvNormActivation):
            last = _add_convolution(graph, f'{name}.conv{index}', last, layer)
    return graph.add('Add', name + '.add', [last, source]) if block.has_shortcut else last


def _add_convolution(graph: Graph, name: str, source: str, layer: ConvNormActivation) -> str:
    last = graph.convolve(name, source, layer.conv, layer.norm)
    if layer.activation is None:
        return last
    if isinstance(layer.activation, nn.ReLU):
        return graph.add('Relu', name + '.relu', [last])
    return graph.hard_swish(name + '.swish', last)


def _add_squeeze(graph: Graph, name: str, source: str, layer: SqueezeLayers) -> str:
    squeeze = layer.squeeze
    scale = graph.add('GlobalAveragePool', name + '.mean', [source])
    scale = graph.add('Relu', name + '.relu', [graph.pointwise(name + '.fc1', scale, squeeze.fc1)])
    scale = graph.add('Sigmoid', name + '.scale', [
        graph.pointwise(name + '.fc2', scale, squeeze.fc2)])
    return graph.add('Mul', name, [source, scale])


def with_fp16_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """
    Return the FP32 model with its weights stored in FP16, which halves the file.

    Runtimes turn them into FP32 when they load the file, and compute in FP32.

    :raises ValueError: if a weight is out of FP16's range.
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
