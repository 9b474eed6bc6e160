# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Model files: ONNX with everything that is needed to use them inside.

A model is a folder ``models/NAME/`` with a card (README.md) and one ONNX file for each precision
that is stored: ``fp32.onnx``, ``fp16.onnx``, ``int8.onnx``. Each carries one ``metadata_props``
entry with the key ``ser_ros``: a JSON object with

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

Nothing else describes the model. The precision is not in the list: it is read from the graph.
"""

import hashlib
import json
import os
import sys
from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

from ser_ros import resources
from ser_ros.errors import SerError
from ser_ros.inference.onnx_scan import OnnxSummary, scan

METADATA_KEY = 'ser_ros'
PRECISIONS = ('fp32', 'fp16', 'int8')
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


class Model:
    """A model by its name in the package's ``models/``, or by the path of a folder or ONNX file."""

    def __init__(self, name_or_path: str):
        """
        Find the model's files and read what they say; no runtime is loaded.

        :param name_or_path: a plain name is looked up in ``models/``; with a separator or the
            ending ``.onnx`` it is a path.
        :raises SerError: if there is no such model, or its files are no models or disagree.
        """
        self._infos: Dict[str, ModelInfo] = {}
        path = _find(name_or_path)
        if os.path.isdir(path):
            self._read_folder(path)
        else:
            info = read_metadata(path)
            self._infos[info.precision] = info

    def _read_folder(self, folder: str) -> None:
        for precision in PRECISIONS:
            path = os.path.join(folder, precision + '.onnx')
            if os.path.isfile(path):
                info = read_metadata(path)
                _check_member(info, precision, self._infos)
                self._infos[precision] = info
        if not self._infos:
            raise SerError('the model folder {} holds none of {}'.format(
                folder, ', '.join(name + '.onnx' for name in PRECISIONS)))

    @property
    def info(self) -> ModelInfo:
        """Description of the file of the highest precision."""
        return self._infos[self.precisions[0]]

    @property
    def precisions(self) -> Tuple[str, ...]:
        """Precisions that are stored, the highest first."""
        return tuple(name for name in PRECISIONS if name in self._infos)

    def path(self, precision: str) -> str:
        """
        Return the path of the ONNX file of this precision.

        :raises SerError: if it is not stored; the text lists what is.
        """
        if precision not in self._infos:
            raise SerError('the model {} has no {} file; stored: {}'.format(
                self.info.name, precision, ', '.join(self.precisions)))
        return self._infos[precision].path


def available_models() -> Tuple[str, ...]:
    """Names of the models that the package ships, in alphabetical order."""
    root = resources.share_path('models')
    return tuple(sorted(
        name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name))))


def read_metadata(path: str) -> ModelInfo:
    """
    Read what the ONNX file ``path`` says about itself, without a runtime and without its weights.

    :raises SerError: if it is no ONNX file, has no metadata, or the metadata is wrong or does not
        fit the graph.
    """
    summary = scan(path)
    if METADATA_KEY not in summary.metadata:
        raise SerError('{} has no {!r} metadata, so its labels and feature set are unknown; '
                       'export it with ser_ros train'.format(path, METADATA_KEY))
    try:
        values = json.loads(summary.metadata[METADATA_KEY])
    except (ValueError, RecursionError) as error:
        raise SerError('{}: the metadata is no JSON: {}'.format(path, error)) from error
    if not isinstance(values, dict):
        raise SerError('{}: the metadata is no JSON object'.format(path))
    info = _info(path, values, summary)
    _check_graph(info, summary)
    return info


def _find(name_or_path: str) -> str:
    if os.sep in name_or_path or name_or_path.endswith('.onnx'):
        if not os.path.exists(name_or_path):
            raise SerError('there is no model {}'.format(name_or_path))
        return name_or_path
    known = available_models()
    if name_or_path not in known:
        raise SerError('unknown model {!r}; shipped: {}; or give the path of a folder or an ONNX '
                       'file'.format(name_or_path, ', '.join(known) or 'none'))
    return resources.share_path('models', name_or_path)


def _check_member(info: ModelInfo, precision: str, others: Dict[str, ModelInfo]) -> None:
    if info.precision != precision:
        raise SerError('{} is named {} but its graph computes in {}'.format(
            info.path, precision, info.precision))
    for other in others.values():
        for key in ('name', 'version', 'labels', 'feature_set', 'input_shape', 'min_confidence'):
            if getattr(info, key) != getattr(other, key):
                raise SerError('{} and {} are not the same model: {} {!r} and {!r}'.format(
                    other.path, info.path, key, getattr(other, key), getattr(info, key)))


def _info(path: str, values: Dict[str, Any], summary: OnnxSummary) -> ModelInfo:
    def value(key: str, kind: Any) -> Any:
        if key not in values:
            raise SerError('{}: the metadata has no {!r}'.format(path, key))
        given = values[key]
        if not isinstance(given, kind) or isinstance(given, bool):
            raise SerError('{}: {} in the metadata must be a {}, got {!r}'.format(
                path, key, _JSON_NAMES[kind], given))
        return given

    def share(key: str) -> Optional[float]:
        if key not in values:
            return None
        given = value(key, (int, float))
        # Written so that NaN fails too.
        if not 0 <= given <= 1:
            raise SerError('{}: {} in the metadata must be from 0 to 1, got {}'.format(
                path, key, given))
        return float(given)

    temperature = value('temperature', (int, float))
    # No infinity, no NaN, and no whole number that is too large for a float.
    if not 0 < temperature <= sys.float_info.max:
        raise SerError('{}: temperature must be over 0, got {}'.format(path, temperature))
    if summary.precision is None:
        raise SerError('{}: no weights of a known type in the graph'.format(path))
    min_confidence = share('min_confidence')
    return ModelInfo(
        path=path, name=value('name', str), version=value('version', str),
        labels=_labels(path, value('labels', list)), feature_set=value('feature_set', str),
        input_shape=_shape(path, value('input_shape', list)), temperature=float(temperature),
        training_data=value('training_data', str), licence=value('licence', str),
        metrics=value('metrics', dict), precision=summary.precision,
        ir_version=summary.ir_version, opset=summary.opset,
        min_confidence=DEFAULT_MIN_CONFIDENCE if min_confidence is None else min_confidence,
        answer_accuracy=share('answer_accuracy'))


_JSON_NAMES = {str: 'text', list: 'list', dict: 'object', (int, float): 'number'}


def _labels(path: str, given: list) -> Tuple[str, ...]:
    good = all(isinstance(label, str) and label for label in given)
    if not good or len(given) < 2 or len(set(given)) != len(given):
        raise SerError('{}: labels must be two or more different texts, got {!r}'.format(
            path, given))
    return tuple(given)


def _shape(path: str, given: list) -> Tuple[int, ...]:
    if not given or not all(type(size) is int and size > 0 for size in given):
        raise SerError('{}: input_shape must be whole numbers over 0, got {!r}'.format(path, given))
    return tuple(given)


def _check_graph(info: ModelInfo, summary: OnnxSummary) -> None:
    if len(summary.inputs) != 1 or len(summary.outputs) != 1:
        raise SerError('{}: a model has one input and one output, this graph has {} and {}'.format(
            info.path, len(summary.inputs), len(summary.outputs)))
    if not (summary.inputs[0].is_float32 and summary.outputs[0].is_float32):
        raise SerError('{}: input and output must be float32 at every precision'.format(info.path))
    if not _fits(summary.inputs[0].shape, (1,) + info.input_shape):
        raise SerError('{}: input_shape {} in the metadata, but the graph takes {}'.format(
            info.path, list(info.input_shape), list(summary.inputs[0].shape)))
    if not _fits(summary.outputs[0].shape, (1, len(info.labels))):
        raise SerError('{}: {} labels in the metadata, but the graph answers {}'.format(
            info.path, len(info.labels), list(summary.outputs[0].shape)))


def _fits(graph_shape: Tuple[int, ...], shape: Tuple[int, ...]) -> bool:
    """Tell whether a tensor of ``shape`` suits a graph whose -1 dimensions are free."""
    return len(graph_shape) == len(shape) and all(
        expected in (-1, given) for expected, given in zip(graph_shape, shape))
