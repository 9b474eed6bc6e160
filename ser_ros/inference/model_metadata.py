# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a model file says about itself, and whether it is true of its graph.

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
- ``voice_size``: over 0 where the model takes the baseline of a voice; 0 where it is missing

A graph has one input (1, *input_shape) and one output (1, labels). With a ``voice_size`` it has a
second input ``baseline`` (1, voice_size + 1) and a second output ``voice`` (1, voice_size). All
are float32 at every precision.

- ``merge``: labels of corpora that the training counted as one of ``labels``, such as
  ``{"calm": "neutral"}``; may be missing

The precision is not in the list: it is read from the graph.
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any, Dict, Optional, Tuple

from ser_ros.errors import SerError
from ser_ros.files import check_regular
from ser_ros.inference.onnx_file.scan import OnnxSummary, Tensor, scan, scan_content
from ser_ros.typed_values import build, key

METADATA_KEY = 'ser_ros'
DEFAULT_MIN_CONFIDENCE = 0.4
# Names of the second input and output of a model that takes the baseline of a voice.
BASELINE = 'baseline'
VOICE = 'voice'


@dataclass(frozen=True)
class ModelInfo:
    """What one model file says about itself.

    ``path``, ``precision``, ``ir_version``, ``opset`` and ``is_dynamic`` come from the file and
    its graph, all else from its metadata. ``loaded_sha256`` is the hash of the content that was
    loaded, '' where only the metadata was read.
    """

    path: str
    precision: str = key("in what most weights are multiplied: 'fp32', 'fp16' or 'int8'")
    ir_version: int = key('IR version of the file')
    opset: int = key('version of the operators')
    name: str = key('name of the model')
    version: str = key('version of the model')
    labels: Tuple[str, ...] = key('emotions in the order of the outputs', unique=True)
    feature_set: str = key('name of the feature set that makes the input')
    input_shape: Tuple[int, ...] = key('shape of one window, without the batch', gt=0)
    temperature: float = key('divides the logits before softmax', gt=0)
    training_data: str = key('what the model was trained on', may_be_empty=True)
    licence: str = key('licence of the weights', may_be_empty=True)
    metrics: Dict[str, Any] = key('figures by name, as the training wrote them', may_be_empty=True)
    min_confidence: float = key(
        'under this smoothed probability no emotion is named', DEFAULT_MIN_CONFIDENCE, ge=0, le=1)
    answer_accuracy: Optional[float] = key(
        'stated share of right answers with min_confidence', None, ge=0, le=1)
    merge: Dict[str, str] = key(
        'labels of corpora that count as one of the labels', {}, may_be_empty=True)
    voice_size: int = key('size of a voice, 0 without a baseline of the voice', 0, ge=0)
    is_dynamic: bool = key('whether ranges of INT8 are measured in each window', False)
    loaded_sha256: str = field(default='', compare=False, repr=False)

    def __post_init__(self) -> None:
        """Raise SerError for a model that cannot choose."""
        if len(self.labels) < 2:
            raise SerError(f'labels is {self.labels}; allowed: two or more emotions')

    @property
    def sha256(self) -> str:
        """Hash of the file in hexadecimal.

        It is that of the very bytes that were loaded, whatever became of the file. Where nothing
        was loaded, the whole file is read.

        Raises:
            SerError: if the file cannot be read.
        """
        if self.loaded_sha256:
            return self.loaded_sha256
        digest = hashlib.sha256()
        try:
            with open(self.path, 'rb') as file:
                for block in iter(lambda: file.read(1 << 20), b''):
                    digest.update(block)
        except OSError as error:
            raise SerError(f'cannot read the model file {self.path}: {error.strerror}') from error
        return digest.hexdigest()


def read_metadata(path: str) -> ModelInfo:
    """Read what the ONNX file ``path`` says about itself, without a runtime or its weights.

    Raises:
        SerError: if it is not an ONNX file, has no metadata, or the metadata is wrong or does not
            fit the graph.
    """
    return _info_of(path, scan(path))


def load_file(path: str) -> Tuple[ModelInfo, bytes]:
    """Read a whole ONNX file at once; a runtime that gets the content needs no file.

    Returns:
        What the file says about itself, with its hash, and its content.

    Raises:
        SerError: as `read_metadata`.
    """
    try:
        check_regular(path)
        with open(path, 'rb') as file:
            content = file.read()
    except OSError as error:
        raise SerError(f'cannot read the model file {path}: {error.strerror}') from error
    info = _info_of(path, scan_content(content, path))
    return replace(info, loaded_sha256=hashlib.sha256(content).hexdigest()), content


def _info_of(path: str, summary: OnnxSummary) -> ModelInfo:
    if METADATA_KEY not in summary.metadata:
        raise SerError(
            f'{path} has no {METADATA_KEY!r} metadata, so its labels and feature set are unknown; '
            'export it with ser_ros train')
    if summary.precision is None:
        raise SerError(f'{path}: the graph has no weights of a known type')
    try:
        values = json.loads(summary.metadata[METADATA_KEY])
    except (ValueError, RecursionError) as error:
        raise SerError(f'{path}: the metadata is not JSON: {error}') from error
    if isinstance(values, dict):
        values.update(path=path, precision=summary.precision, ir_version=summary.ir_version,
                      opset=summary.opset,
                      is_dynamic='DynamicQuantizeLinear' in summary.operators,
                      loaded_sha256='')
    info = build(ModelInfo, values, f'{path}: metadata', ignore_unknown=True)
    _check_graph(info, summary)
    return info


def _check_graph(info: ModelInfo, summary: OnnxSummary) -> None:
    _check_count(info, summary)
    if not all(tensor.is_float32 for tensor in summary.inputs + summary.outputs):
        raise SerError(f'{info.path}: inputs and outputs must be float32 at every precision')
    if not _fits(summary.inputs[0].shape, (1,) + info.input_shape):
        raise SerError(
            f'{info.path}: input_shape {list(info.input_shape)} in the metadata, but the graph '
            f'takes {list(summary.inputs[0].shape)}')
    if not _fits(summary.outputs[0].shape, (1, len(info.labels))):
        raise SerError(
            f'{info.path}: {len(info.labels)} labels in the metadata, but the graph returns '
            f'{list(summary.outputs[0].shape)}')
    if info.voice_size:
        _check_second(info, summary.inputs[1], BASELINE, info.voice_size + 1)
        _check_second(info, summary.outputs[1], VOICE, info.voice_size)


def _check_count(info: ModelInfo, summary: OnnxSummary) -> None:
    counts = (len(summary.inputs), len(summary.outputs))
    expected = (2, 2) if info.voice_size else (1, 1)
    if counts != expected:
        wanted = 'two inputs and two outputs' if info.voice_size else 'one input and one output'
        raise SerError(
            f'{info.path}: a model with voice_size {info.voice_size} must have {wanted}, but this '
            'graph has {} and {}'.format(*counts))


def _check_second(info: ModelInfo, tensor: Tensor, name: str, size: int) -> None:
    if tensor.name != name or not _fits(tensor.shape, (1, size)):
        raise SerError(
            f'{info.path}: voice_size {info.voice_size} in the metadata needs {name} {[1, size]} '
            f'as the second, but the graph has {tensor.name} {list(tensor.shape)}')


def _fits(graph_shape: Tuple[int, ...], shape: Tuple[int, ...]) -> bool:
    """Return whether a tensor of ``shape`` suits a graph whose -1 dimensions are free."""
    return len(graph_shape) == len(shape) and all(
        graph_size in (-1, size) for graph_size, size in zip(graph_shape, shape))
