# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One engine to build: what the process that builds it is given."""

from typing import Any, Dict, Mapping, NamedTuple, Optional, Tuple

from ser_ros.inference.engine_options import EngineOptions
from ser_ros.inference.model_file import Model
from ser_ros.inference.tensorrt_engine import driver, module

# Compute capabilities up to 6.2 that are fast in FP16 and INT8; from 7.0 on all are in both.
# NVIDIA's TensorRT support matrix, "Hardware and Precision".
_FAST_FP16 = ((5, 3), (6, 0), (6, 2))
_FAST_INT8 = ((6, 1),)
_FAST_IN_ALL = (7, 0)


class Job(NamedTuple):
    """One engine to build.

    Attributes:
        key: everything that decides whether an engine may be used; see engine_file.py.
        paths: the model's ONNX files by precision.
        capability: the GPU's to build for, if that GPU is not in this machine.
        output: where the engine file is to be written.
        timing_cache: file of what earlier builds have measured.
        voice_size: of the model.
    """

    key: Dict[str, Any]
    paths: Dict[str, str]
    input_shape: Tuple[int, ...]
    temperature: float
    capability: Optional[Tuple[int, int]]
    output: str
    timing_cache: str
    voice_size: int = 0


def from_values(values: Mapping[str, Any]) -> Job:
    """Return the job whose ``_asdict`` went through JSON."""
    tuples = {name: values[name] and tuple(values[name]) for name in ('input_shape', 'capability')}
    return Job(**dict(values, **tuples))


def source_precision(stored: Tuple[str, ...], precision: str) -> Optional[str]:
    """Return the precision of the stored file that an engine is built from, None without one."""
    # INT8 needs ranges that were measured in training; FP16 can be made out of FP32.
    choices = {'fp32': ('fp32',), 'fp16': ('fp16', 'fp32'), 'int8': ('int8',)}
    return next((name for name in choices[precision] if name in stored), None)


def source_problem(model: Model, precision: str) -> str:
    """Return why the model's file of a precision makes no engine; '' where it does."""
    if model.is_dynamic(precision):
        return (f'its {precision} file measures its ranges in each window, which TensorRT does '
                'not do; fp16 takes its place')
    return ''


def offered_precisions(model: Model, capability: Tuple[int, int]) -> Tuple[str, ...]:
    """Return the precisions that can be built of the model for a GPU of this capability."""
    modern = capability >= _FAST_IN_ALL
    fast = {'fp32': True, 'fp16': modern or capability in _FAST_FP16,
            'int8': modern or capability in _FAST_INT8}
    return tuple(name for name in fast
                 if fast[name] and source_precision(model.precisions, name) is not None
                 and not source_problem(model, name))


def make_key(model: Model, precision: str, trt: Any, gpu: driver.Gpu,
             options: EngineOptions) -> Dict[str, Any]:
    """Return what an engine of ``model`` depends on, as in engine files.

    Raises:
        SerError: if the model has no file for this precision.
    """
    stored = source_precision(model.precisions, precision) or precision
    portable = trt.__name__ in module.PORTABLE
    return {
        'onnx_sha256': model.load(stored)[0].sha256, 'precision': precision,
        'module': trt.__name__, 'version': trt.__version__,
        'gpu': 'any' if portable else gpu.name,
        'compute_capability': '{}.{}'.format(*gpu.capability),
        'workspace_mib': options.workspace_mib}
