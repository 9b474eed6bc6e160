# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The last layer of a stored model, apart from the rest: what adaptation learns anew."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ser_ros.errors import SerError
from ser_ros.inference.onnx_session import open_session


@dataclass(frozen=True)
class Head:
    """
    A fully connected layer: logits = features @ weight.T + bias.

    Attributes
    ----------
    weight: (labels, features).
    bias: (labels,).

    """

    weight: np.ndarray
    bias: np.ndarray

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Return the logits of each window, (windows, labels), of its (windows, features)."""
        return features @ self.weight.T + self.bias


def read_head(model: onnx.ModelProto, path: str) -> Head:
    """
    Return the model's last layer.

    :param path: for the error's text.
    :raises SerError: if the graph does not end in one as `ser_ros.training.export` writes it.
    """
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    node = _last(model)
    if node is None or len(node.input) != 3 or not set(node.input[1:]) <= set(constants):
        raise SerError(f'{path}: only a model that ends in a fully connected layer (Gemm with '
                       'weights and bias, as ser_ros train writes it) can be adapted')
    weight, bias = (numpy_helper.to_array(constants[name]) for name in node.input[1:])
    transposed = any(item.name == 'transB' and item.i for item in node.attribute)
    return Head(weight if transposed else weight.T, bias)


def with_head(model: onnx.ModelProto, head: Head) -> onnx.ModelProto:
    """Return the model with another last layer."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    node = _last(changed)
    assert node is not None
    transposed = any(item.name == 'transB' and item.i for item in node.attribute)
    values = dict(zip(node.input[1:], (
        head.weight if transposed else head.weight.T, head.bias), strict=True))
    for tensor in changed.graph.initializer:
        if tensor.name in values:
            tensor.CopyFrom(numpy_helper.from_array(
                np.ascontiguousarray(values[tensor.name], np.float32), tensor.name))
    return changed


def _last(model: onnx.ModelProto) -> onnx.NodeProto | None:
    """Return the node that makes the logits, if it is a Gemm that scales nothing."""
    output = model.graph.output[0].name
    for node in model.graph.node:
        if list(node.output) == [output] and node.op_type == 'Gemm':
            scaled = any(item.name in ('alpha', 'beta') and item.f != 1 or
                         item.name == 'transA' and item.i for item in node.attribute)
            return None if scaled else node
    return None


class Body:
    """Everything before the last layer, in ONNX Runtime: a window's image to its features."""

    def __init__(self, model: onnx.ModelProto, threads: int):
        """Cut the graph and load it; `read_head` has to be happy with the model."""
        cut = onnx.ModelProto()
        cut.CopyFrom(model)
        node = _last(cut)
        assert node is not None
        size = read_head(model, '').weight.shape[1]
        name = node.input[0]
        cut.graph.node.remove(node)
        del cut.graph.output[:]
        cut.graph.output.append(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, size)))
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder, 'body.onnx'))
            onnx.save(cut, path)
            self._session = open_session(path, threads)
        self._input = cut.graph.input[0].name

    def features(self, image: np.ndarray) -> np.ndarray:
        """Return the features of one window, float32 (n,)."""
        return self._session.run(None, {self._input: image[np.newaxis]})[0][0]
