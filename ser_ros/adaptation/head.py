# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The last layer of a stored model, apart from the rest: the layer that adaptation retrains."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ser_ros.errors import SerError
from ser_ros.onnx_session import open_session


@dataclass(frozen=True)
class Head:
    """A fully connected layer: logits = features @ weight.T + bias.

    Attributes:
        weight: (labels, features).
        bias: (labels,).
    """

    weight: np.ndarray
    bias: np.ndarray

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Return the logits of each window, (windows, labels), of its (windows, features)."""
        return features @ self.weight.T + self.bias


class HeadGraph:
    """A model's graph, parted into its last layer and what is before it.

    The logits are those of one fully connected layer (Gemm), or a weighted sum of several, as an
    ensemble's: that is one layer on the features of all members.
    """

    def __init__(self, path: str):
        """Read the file.

        Args:
            path: of an ONNX file of any precision but INT8.

        Raises:
            SerError: if the graph does not end as `training.export.onnx_export` writes it.
        """
        self.model = onnx.load(path)
        self._path = path
        graph = self.model.graph
        self._makers = {name: node for node in graph.node for name in node.output}
        self._tensors = {tensor.name: tensor for tensor in graph.initializer}
        self._tail: list[onnx.NodeProto] = []  # the layers, and what sums them up
        self._layers: list[tuple[onnx.NodeProto, float]] = []  # with their share of the logits
        self._collect(graph.output[0].name, 1.0)

    def _collect(self, name: str, share: float) -> None:
        """Find the layers that ``name`` is a sum of."""
        node = self._makers.get(name)
        if node is None:
            self._refuse()
        self._tail.append(node)
        operator, inputs = node.op_type, list(node.input)
        if operator == 'Gemm' and self._is_plain(node):
            self._layers.append((node, share))
        elif operator == 'Cast':
            self._collect(inputs[0], share)
        elif operator == 'Add':
            for value in inputs:
                self._collect(value, share)
        elif operator == 'Mul' and inputs[1] in self._tensors:
            factor = self._value(inputs[1])
            if factor.size != 1:
                self._refuse()
            self._collect(inputs[0], share * float(factor.item()))
        else:
            self._refuse()

    def _is_plain(self, node: onnx.NodeProto) -> bool:
        scaled = any(item.name in ('alpha', 'beta') and item.f != 1
                     or item.name == 'transA' and item.i for item in node.attribute)
        return not scaled and len(node.input) == 3 and all(
            self._constant(name) is not None for name in node.input[1:])

    def _refuse(self) -> NoReturn:
        raise SerError(f'{self._path} cannot be adapted: its last layer must be fully connected '
                       '(a Gemm with weights and bias, as ser_ros train writes it), or a mean of '
                       'such layers')

    def _constant(self, name: str) -> onnx.TensorProto | None:
        """Return a constant, also one in FP16 that the graph turns into FP32."""
        node = self._makers.get(name)
        if node is not None and node.op_type == 'Cast':
            name = node.input[0]
        return self._tensors.get(name)

    def _value(self, name: str) -> np.ndarray:
        tensor = self._constant(name)
        assert tensor is not None
        return numpy_helper.to_array(tensor).astype(np.float32)

    def _weight(self, node: onnx.NodeProto) -> np.ndarray:
        weight = self._value(node.input[1])
        return weight if _is_transposed(node) else weight.T

    @property
    def head(self) -> Head:
        """The last layer on the features of `Body`."""
        return Head(
            np.hstack([share * self._weight(node) for node, share in self._layers]),
            np.sum([share * self._value(node.input[2]) for node, share in self._layers], axis=0))

    def replace(self, head: Head) -> None:
        """Put another last layer into the model."""
        added = (head.bias - self.head.bias) / sum(share for _, share in self._layers)
        start = 0
        for node, share in self._layers:
            size = self._weight(node).shape[1]
            part = head.weight[:, start:start + size] / share
            start += size
            self._store(node.input[1], part if _is_transposed(node) else part.T)
            self._store(node.input[2], self._value(node.input[2]) + added)

    def _store(self, name: str, values: np.ndarray) -> None:
        tensor = self._constant(name)
        assert tensor is not None
        dtype = numpy_helper.to_array(tensor).dtype
        tensor.CopyFrom(numpy_helper.from_array(
            np.ascontiguousarray(values, dtype), tensor.name))

    def body(self) -> onnx.ModelProto:
        """Return the graph before the last layer; an output for the features of each member."""
        cut = onnx.ModelProto()
        cut.CopyFrom(self.model)
        for node in self._tail:
            cut.graph.node.remove(node)
        del cut.graph.output[:]
        for node, _ in self._layers:
            cut.graph.output.append(helper.make_tensor_value_info(
                node.input[0], TensorProto.FLOAT, (1, self._weight(node).shape[1])))
        return cut


def _is_transposed(node: onnx.NodeProto) -> bool:
    return any(item.name == 'transB' and item.i for item in node.attribute)


class Body:
    """Everything before the last layer, in ONNX Runtime: from a model's input to features."""

    def __init__(self, graph: HeadGraph, threads: int):
        """Load the part before the last layer of an FP32 model."""
        model = graph.body()
        image, *others = model.graph.input
        self._input = image.name
        # The baseline of a stranger's voice, where the model takes one.
        self._others = {value.name: np.zeros([
            size.dim_value or 1 for size in value.type.tensor_type.shape.dim], np.float32)
            for value in others}
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder, 'body.onnx'))
            onnx.save(model, path)
            self._session = open_session(path, threads)

    def features(self, model_input: np.ndarray) -> np.ndarray:
        """Return the features of one window, float32 (n,)."""
        inputs = dict(self._others)
        inputs[self._input] = model_input[np.newaxis]
        parts = self._session.run(None, inputs)
        return np.concatenate([part[0] for part in parts])
