# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The graph that TensorRT is given: a stored file, or one that is made of it."""

import os
from typing import Any, Dict, NamedTuple

from ser_ros.errors import SerError


class Prepared(NamedTuple):
    """A graph to build from.

    Attributes:
        path: of the ONNX file.
        reference: of the ONNX file whose answer the engine's is compared with.
        temporary: whether ``path`` was made here.
    """

    path: str
    reference: str
    temporary: bool

    def remove(self) -> None:
        """Remove what was made here."""
        if self.temporary:
            os.unlink(self.path)


def prepare(paths: Dict[str, str], precision: str, strongly_typed: bool, output: str) -> Prepared:
    """Find or make the graph for a precision.

    Args:
        paths: stored files by precision.
        strongly_typed: the graph's types decide; else builder flags do, over an FP32 graph.
        output: a graph that is made is written beside this file.

    Raises:
        SerError: if no stored file will do, or ``onnx`` is needed and missing.
    """
    if precision == 'int8':
        path = _convert(paths, 'int8', 'to_signed_int8', output)
        return Prepared(path, path, True)
    reference = paths.get('fp32') or paths['fp16']
    if precision == 'fp16' and 'fp16' in paths and (strongly_typed or 'fp32' not in paths):
        return Prepared(paths['fp16'], reference, False)
    if precision == 'fp16' and strongly_typed:
        return Prepared(_convert(paths, 'fp32', 'to_fp16', output), reference, True)
    if strongly_typed or not _has_stored_weights(paths['fp32']):
        return Prepared(paths['fp32'], reference, False)
    return Prepared(_convert(paths, 'fp32', 'fold_stored_weights', output), reference, True)


def _convert(paths: Dict[str, str], source: str, form: str, output: str) -> str:
    try:
        import onnx

        from ser_ros.inference.onnx_file import forms
    except ImportError as error:
        raise SerError('the Python package onnx is needed to convert the model for TensorRT (pip '
                       'install onnx); fp32 does not need it, and neither does fp16 if the model '
                       'stores fp16 or TensorRT is older than 10') from error
    path = output + '.onnx.tmp'
    try:
        model = onnx.load(paths[source])
        if form == 'to_fp16':
            model = forms.fold_stored_weights(model)
        converted: Any = getattr(forms, form)(model)
        onnx.save(converted, path)
    except ValueError as error:
        raise SerError(f'{paths[source]} cannot be converted: {error}') from error
    except OSError as error:
        raise SerError(f'cannot write {path}: {error.strerror}') from error
    return path


def _has_stored_weights(path: str) -> bool:
    """Return whether FP32 weights are stored in FP16; TensorRT 8 takes no weights behind a Cast."""
    from ser_ros.inference.onnx_file.scan import scan
    return scan(path).has_cast_weights
