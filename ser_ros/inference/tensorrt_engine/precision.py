# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""In which precision an engine computes, read from its layers.

TensorRT's engine inspector (from 8.2 on) describes every layer with the types of its weights, if
the engine was built with detailed profiling verbosity. The builder writes the same into its log,
as text, also on a machine without a GPU, where no engine can be loaded.

Where the weights stand depends on the kind of the layer and on the version: in "Weights", in
"Constants", or among the "Inputs", as tensors that no layer makes.
"""

import json
import re
from typing import Any, Dict, List, Optional, Set

from ser_ros.errors import SerError

_PRECISIONS = {'float': 'fp32', 'fp32': 'fp32', 'half': 'fp16', 'fp16': 'fp16', 'int8': 'int8'}
_CONSTANTS = re.compile(r'Constants: \[(.*?)\], Outputs: ')
_CONSTANT = re.compile(r'Dimensions: \[([0-9,]*)\].*?Datatype: (\w+)')
_LAYER_WEIGHTS = re.compile(r'Weights: \{\s*"?Type"?: "?(\w+)"?,\s*"?Count"?: (\d+)')

LAYERS_HEADING = 'Layers:'


def inspect(trt: Any, engine: Any) -> Optional[str]:
    """Return the precision of a loaded engine, or None if its layers don't say."""
    text = engine.create_engine_inspector().get_engine_information(trt.LayerInformationFormat.JSON)
    try:
        information = json.loads(text)
    except ValueError as error:
        raise SerError(f'the engine inspector does not return JSON: {error}') from error
    # Only names, where the verbosity is low.
    layers = [layer for layer in information.get('Layers', []) if isinstance(layer, dict)]
    made = {tensor.get('Name') for layer in layers for tensor in layer.get('Outputs', [])}
    made.update(information.get('Bindings', []))
    totals: Dict[str, int] = {}
    for layer in layers:
        _add_layer(totals, layer, made)
    return _most(totals)


def from_log(text: str) -> Optional[str]:
    """Return the precision of the engine whose layers the builder lists in ``text``, or None."""
    totals: Dict[str, int] = {}
    for type_name, count in _LAYER_WEIGHTS.findall(text):
        _add(totals, type_name, int(count))
    for constants in _CONSTANTS.findall(text):
        for sizes, type_name in _CONSTANT.findall(constants):
            _add(totals, type_name, _volume([int(size) for size in sizes.split(',') if size]))
    return _most(totals)


def _add_layer(totals: Dict[str, int], layer: Dict[str, Any], made: Set[Any]) -> None:
    weights = layer.get('Weights')
    if isinstance(weights, dict):
        _add(totals, str(weights.get('Type')), int(weights.get('Count', 0)))
    constants = layer.get('Constants', []) + [
        tensor for tensor in layer.get('Inputs', []) if tensor.get('Name') not in made]
    for constant in constants:
        type_name = constant.get('Datatype') or _last_type(constant.get('Format/Datatype', ''))
        _add(totals, str(type_name), _volume(constant.get('Dimensions', [])))


def _last_type(text: str) -> str:
    """Return 'FP16' of such as 'Channel major FP16 format where channel % 8 == 0'."""
    known = [word for word in re.findall(r'\w+', text) if word.lower() in _PRECISIONS]
    return known[-1] if known else ''


def _add(totals: Dict[str, int], type_name: str, count: int) -> None:
    precision = _PRECISIONS.get(type_name.lower())
    if precision is not None:
        totals[precision] = totals.get(precision, 0) + count


def _volume(sizes: List[int]) -> int:
    volume = 1
    for size in sizes:
        volume *= int(size)
    return volume


def _most(totals: Dict[str, int]) -> Optional[str]:
    return max(totals, key=lambda name: totals[name]) if any(totals.values()) else None
