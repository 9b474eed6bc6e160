# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Write model files, and change what they say of themselves."""

import json
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, Sequence

import onnx
from onnx import helper

from ser_ros.inference.model_metadata import METADATA_KEY

OPSET = 13  # the newest that TensorRT 8.2 parses
IR_VERSION = 7  # the newest that goes with this operator set; ONNX Runtime 1.10 reads up to 8


def save(model: onnx.ModelProto, path: str, metadata: Mapping[str, Any]) -> None:
    """Check the model, put the metadata in, and write it.

    Raises:
        onnx.checker.ValidationError: if the graph is not valid.
        ValueError: if the versions are newer than the oldest runtime reads.
    """
    opsets = {opset.domain: opset.version for opset in model.opset_import}
    if model.ir_version > IR_VERSION or opsets.get('', 0) > OPSET:
        raise ValueError(f'IR version {model.ir_version} and operator sets {opsets} are too new; '
                         f'every runtime reads up to {IR_VERSION} and {OPSET}')
    helper.set_model_props(model, {METADATA_KEY: json.dumps(metadata)})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def change_metadata(paths: Sequence[Path], change: Callable[[Path, Dict[str, Any]], None]) -> None:
    """Change what a model's files say of themselves; none is replaced before all are written.

    Args:
        change: takes the path and the metadata, which it changes in place.
    """
    partials = []
    for path in paths:
        model = onnx.load(str(path))
        metadata = json.loads(next(
            prop.value for prop in model.metadata_props if prop.key == METADATA_KEY))
        change(path, metadata)
        partials.append(path.with_name('.' + path.name))
        save(model, str(partials[-1]), metadata)
    for path, partial in zip(paths, partials):
        partial.replace(path)
