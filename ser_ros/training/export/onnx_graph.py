# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writing an ONNX graph node by node."""

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from torch import nn


class Graph:
    """Nodes and constants in the order in which they are added."""

    def __init__(self):
        """Start an empty graph."""
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        #: Put before the names of all that is added.
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


def fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[np.ndarray, np.ndarray]:
    """Return weight and bias of the convolution that does what ``conv`` and then ``norm`` do."""
    state = {name: value.double().numpy() for name, value in norm.state_dict().items()}
    scale = state['weight'] / np.sqrt(state['running_var'] + norm.eps)
    weight = conv.weight.detach().double().numpy() * scale[:, None, None, None]
    bias = state['bias'] - state['running_mean'] * scale
    return weight.astype(np.float32), bias.astype(np.float32)
