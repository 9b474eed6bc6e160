# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Write an ONNX graph: node by node, or as torch traces a module.

Node by node the graph is as small as can be, and normalisation is folded into the convolutions
in double precision. Tracing suits networks that are too large to be written down a second time.
"""

import io
import warnings
from typing import Any

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn

from ser_ros.inference.onnx_file.writing import OPSET

Shapes = dict[str, tuple[int, ...]]


class Graph:
    """Nodes and constants in the order in which they are added.

    Attributes:
        input: name of the input.
        input_shape: its shape, without the batch, which is 1.
        more_inputs, more_outputs: shapes of those beside the input and the logits, by name.
        prefix: put before the names of all that is added.
    """

    input = 'input'

    def __init__(self, input_shape: tuple[int, ...]):
        """Start an empty graph."""
        self.input_shape = input_shape
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.more_inputs: dict[str, tuple[int, ...]] = {}
        self.more_outputs: dict[str, tuple[int, ...]] = {}
        self.prefix = ''

    def add(self, operator: str, name: str, inputs: list[str], **attributes: Any) -> str:
        """Add a node with one output, of the same name, and return that with the prefix."""
        name = self.prefix + name
        self.nodes.append(helper.make_node(operator, inputs, [name], name, **attributes))
        return name

    def constant(self, name: str, values: np.ndarray) -> str:
        """Add weights and return their name with the prefix."""
        name = self.prefix + name
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def convolve(self, name: str, source: str, conv: nn.Conv2d, norm: nn.BatchNorm2d) -> str:
        """Add a convolution with the normalisation that follows folded in."""
        weight, bias = fold(conv, norm)
        inputs = [source, self.constant(name + '.weight', weight),
                  self.constant(name + '.bias', bias)]
        return self.add(
            'Conv', name, inputs, kernel_shape=list(conv.kernel_size), strides=list(conv.stride),
            pads=list(conv.padding) * 2, group=conv.groups)

    def linear(self, name: str, source: str, linear: nn.Linear) -> str:
        """Add a fully connected layer on (1, n)."""
        inputs = [source, self.constant(name + '.weight', linear.weight.detach().numpy()),
                  self.constant(name + '.bias', linear.bias.detach().numpy())]
        return self.add('Gemm', name, inputs, transB=1)

    def pointwise(self, name: str, source: str, linear: nn.Linear) -> str:
        """Add a fully connected layer on (1, n, h, w), as a convolution."""
        weight = linear.weight.detach().numpy()[:, :, np.newaxis, np.newaxis]
        inputs = [source, self.constant(name + '.weight', weight),
                  self.constant(name + '.bias', linear.bias.detach().numpy())]
        return self.add('Conv', name, inputs, kernel_shape=[1, 1])

    def hard_swish(self, name: str, source: str) -> str:
        """Add x * clip(x / 6 + 1 / 2, 0, 1); HardSwish itself is not in operator set 13."""
        gate = self.add('HardSigmoid', name + '.gate', [source], alpha=1 / 6, beta=0.5)
        return self.add('Mul', name, [source, gate])

    def trace(self, module: nn.Module, more_inputs: Shapes | None = None,
              more_outputs: Shapes | None = None) -> str:
        """Add what torch's exporter makes of a module, and return the name of the logits.

        Args:
            module: in evaluation mode; its first input is that of the graph, its first output
                the logits.
            more_inputs: shapes, without the batch, of its other inputs, by the names that they
                get in the graph.
            more_outputs: the same of its other outputs.
        """
        self.more_inputs.update(more_inputs or {})
        self.more_outputs.update(more_outputs or {})
        inputs = {self.input: self.input_shape, **(more_inputs or {})}
        traced = _traced(module, inputs, ['logits', *(more_outputs or {})])
        kept = {'', *inputs, *(more_outputs or {})}
        for tensor in traced.initializer:
            self._keep(tensor, tensor.name)
        for node in traced.node:
            if node.op_type == 'Constant':  # what makes the other precisions knows no such nodes
                self._keep(node.attribute[0].t, node.output[0])
                continue
            node.name = self.prefix + node.name
            for names in node.input, node.output:
                names[:] = [name if name in kept else self.prefix + name for name in names]
            self.nodes.append(node)
        return self.prefix + traced.output[0].name

    def _keep(self, tensor: onnx.TensorProto, name: str) -> None:
        tensor.name = self.prefix + name
        self.constants.append(tensor)


def _traced(module: nn.Module, inputs: Shapes, outputs: list[str]) -> onnx.GraphProto:
    file = io.BytesIO()
    with warnings.catch_warnings():
        # It is the older exporter: the newer one makes a newer operator set than it is asked for.
        warnings.simplefilter('ignore', DeprecationWarning)
        # All sizes are fixed, so they may be constants.
        warnings.simplefilter('ignore', torch.jit.TracerWarning)
        torch.onnx.export(
            module, tuple(torch.zeros(1, *shape) for shape in inputs.values()),
            file,  # type: ignore[arg-type]
            dynamo=False, opset_version=OPSET, input_names=list(inputs), output_names=outputs)
    model = onnx.load_from_string(file.getvalue())
    assert [opset.version for opset in model.opset_import] == [OPSET]
    return model.graph


def fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[np.ndarray, np.ndarray]:
    """Return weight and bias of the convolution that does what ``conv`` and then ``norm`` do."""
    state = {name: value.double().numpy() for name, value in norm.state_dict().items()}
    scale = state['weight'] / np.sqrt(state['running_var'] + norm.eps)
    weight = conv.weight.detach().double().numpy() * scale[:, None, None, None]
    bias = state['bias'] - state['running_mean'] * scale
    return weight.astype(np.float32), bias.astype(np.float32)
