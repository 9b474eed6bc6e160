# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What a model file says about itself, and whether it is true of its graph.

Each ONNX file carries one ``metadata_props`` entry with the key ``ser_ros``: a JSON object with

- ``name``, ``version``: text
- ``labels``: the emotions in the order of the outputs
- ``feature_set``: name of the feature set that makes the input, such as ``mel_yin_rms/1``
- ``input_shape``: of one window, without the batch, such as ``[3, 128, 128]``
- ``temperature``: the logits are divided by this before softmax; over 0
- ``training_data``, ``licence``: text, of the weights
- ``metrics``: figures by name, such as ``{"ravdess": {"uar_7": 0.43}}``; may be empty
- ``min_confidence``: under this smoothed probability the graph names no emotion, 0 to 1; 0.4 where
  it is missing
- ``answer_accuracy``: the share of right answers that ``min_confidence`` was chosen for on the
  validation speakers, over 0 to 1; may be missing

The precision is not in the list: it is read from the graph.
"""

import hashlib
import json
import sys
from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

from ser_ros.errors import SerError
from ser_ros.inference.onnx_file.scan import OnnxSummary, scan

METADATA_KEY = 'ser_ros'
DEFAULT_MIN_CONFIDENCE = 0.4


@dataclass(frozen=True)
class ModelInfo:
    """
    What one model file says about itself.

    Attributes
    ----------
    path: of the ONNX file.
    labels: emotions in the order of the outputs.
    input_shape: of one window, without the batch.
    temperature: divides the logits before softmax.
    precision: 'fp32', 'fp16' or 'int8': in what most weights are multiplied, read from the graph.
    metrics: figures by name, as the training wrote them.
    min_confidence: under this smoothed probability no emotion is named, [0, 1].
    answer_accuracy: stated share of right answers with it, (0, 1]; None where none is stated.

    """

    path: str
    name: str
    version: str
    labels: Tuple[str, ...]
    feature_set: str
    input_shape: Tuple[int, ...]
    temperature: float
    training_data: str
    licence: str
    metrics: Dict[str, Any]
    precision: str
    ir_version: int
    opset: int
    min_confidence: float = DEFAULT_MIN_CONFIDENCE
    answer_accuracy: Optional[float] = None

    @property
    def sha256(self) -> str:
        """Hash of the file in hexadecimal; reads the whole file."""
        digest = hashlib.sha256()
        with open(self.path, 'rb') as file:
            for block in iter(lambda: file.read(1 << 20), b''):
                digest.update(block)
        return digest.hexdigest()


def read_metadata(path: str) -> ModelInfo:
    """
    Read what the ONNX file ``path`` says about itself, without a runtime and without its weights.

    :raises SerError: if it is no ONNX file, has no metadata, or the metadata is wrong or does not
        fit the graph.
    """
    summary = scan(path)
    if METADATA_KEY not in summary.metadata:
        raise SerError(
            f'{path} has no {METADATA_KEY!r} metadata, so its labels and feature set are unknown; '
                       'export it with ser_ros train')
    try:
        values = json.loads(summary.metadata[METADATA_KEY])
    except (ValueError, RecursionError) as error:
        raise SerError(f'{path}: the metadata is no JSON: {error}') from error
    if not isinstance(values, dict):
        raise SerError(f'{path}: the metadata is no JSON object')
    info = _info(path, _Values(path, values), summary)
    _check_graph(info, summary)
    return info


class _Values:
    """Checked access to the values of the metadata."""

    def __init__(self, path: str, values: Dict[str, Any]) -> None:
        self._path = path
        self._values = values

    def get(self, key: str, kind: Any) -> Any:
        if key not in self._values:
            raise SerError(f'{self._path}: the metadata has no {key!r}')
        given = self._values[key]
        if not isinstance(given, kind) or isinstance(given, bool):
            raise SerError(
                f'{self._path}: {key} in the metadata must be a {_JSON_NAMES[kind]}, got {given!r}')
        return given

    def share(self, key: str) -> Optional[float]:
        if key not in self._values:
            return None
        given = self.get(key, (int, float))
        # Written so that NaN fails too.
        if not 0 <= given <= 1:
            raise SerError(f'{self._path}: {key} in the metadata must be from 0 to 1, got {given}')
        return float(given)

    def temperature(self) -> float:
        given = self.get('temperature', (int, float))
        # No infinity, no NaN, and no whole number that is too large for a float.
        if not 0 < given <= sys.float_info.max:
            raise SerError(f'{self._path}: temperature must be over 0, got {given}')
        return float(given)


_JSON_NAMES = {str: 'text', list: 'list', dict: 'object', (int, float): 'number'}


def _info(path: str, values: _Values, summary: OnnxSummary) -> ModelInfo:
    temperature = values.temperature()
    if summary.precision is None:
        raise SerError(f'{path}: no weights of a known type in the graph')
    min_confidence = values.share('min_confidence')
    return ModelInfo(
        path=path, name=values.get('name', str), version=values.get('version', str),
        labels=_labels(path, values.get('labels', list)),
        feature_set=values.get('feature_set', str),
        input_shape=_shape(path, values.get('input_shape', list)), temperature=temperature,
        training_data=values.get('training_data', str), licence=values.get('licence', str),
        metrics=values.get('metrics', dict), precision=summary.precision,
        ir_version=summary.ir_version, opset=summary.opset,
        min_confidence=DEFAULT_MIN_CONFIDENCE if min_confidence is None else min_confidence,
        answer_accuracy=values.share('answer_accuracy'))


def _labels(path: str, given: list) -> Tuple[str, ...]:
    good = all(isinstance(label, str) and label for label in given)
    if not good or len(given) < 2 or len(set(given)) != len(given):
        raise SerError(f'{path}: labels must be two or more different texts, got {given!r}')
    return tuple(given)


def _shape(path: str, given: list) -> Tuple[int, ...]:
    if not given or not all(type(size) is int and size > 0 for size in given):
        raise SerError(f'{path}: input_shape must be whole numbers over 0, got {given!r}')
    return tuple(given)


def _check_graph(info: ModelInfo, summary: OnnxSummary) -> None:
    if len(summary.inputs) != 1 or len(summary.outputs) != 1:
        raise SerError(
            f'{info.path}: a model has one input and one output, this graph has '
            f'{len(summary.inputs)} and {len(summary.outputs)}')
    if not (summary.inputs[0].is_float32 and summary.outputs[0].is_float32):
        raise SerError(f'{info.path}: input and output must be float32 at every precision')
    if not _fits(summary.inputs[0].shape, (1,) + info.input_shape):
        raise SerError(
            f'{info.path}: input_shape {list(info.input_shape)} in the metadata, but the graph '
            f'takes {list(summary.inputs[0].shape)}')
    if not _fits(summary.outputs[0].shape, (1, len(info.labels))):
        raise SerError(
            f'{info.path}: {len(info.labels)} labels in the metadata, but the graph answers '
            f'{list(summary.outputs[0].shape)}')


def _fits(graph_shape: Tuple[int, ...], shape: Tuple[int, ...]) -> bool:
    """Tell whether a tensor of ``shape`` suits a graph whose -1 dimensions are free."""
    return len(graph_shape) == len(shape) and all(
        expected in (-1, given) for expected, given in zip(graph_shape, shape))
