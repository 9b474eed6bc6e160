# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT: the backend of NVIDIA's boards and graphics cards."""

import collections
import dataclasses
import os
from typing import Any, Deque, Dict, Optional, Tuple

import numpy as np

from ser_ros.errors import SerError, listed
from ser_ros.inference.backend import Answer, Backend, Session
from ser_ros.inference.engine_options import EngineOptions, engine_folder
from ser_ros.inference.model_file import PRECISIONS, Model
from ser_ros.inference.model_metadata import ModelInfo
from ser_ros.inference.tensorrt_engine import builder, devices, driver, engine_file, module
from ser_ros.inference.tensorrt_engine.engine_file import UnusableEngine
from ser_ros.inference.tensorrt_engine.job import (
    Job,
    make_key,
    offered_precisions,
    source_precision,
    source_problem,
)

_KEPT_ERRORS = 3


class TensorRTSession(Session):
    """One engine on the GPU.

    Opened in any thread; the inference thread runs and closes it. The GPU's primary context is
    made current for each call, so no thread has to have it before.
    """

    backend = 'tensorrt'

    def __init__(self, info: ModelInfo, precision: str, engine: Any):
        """Take over a RunningEngine that computes in ``precision``."""
        super().__init__(info, precision)
        self._engine = engine

    def _run(self, model_input: np.ndarray) -> np.ndarray:
        return self._ask(model_input).logits

    def _run_with_baseline(self, model_input: np.ndarray, baseline: np.ndarray) -> Answer:
        return self._ask(model_input, baseline)

    def _ask(self, *inputs: np.ndarray) -> Answer:
        try:
            return self._engine.answer(*inputs)
        except SerError as error:
            raise SerError(
                f'TensorRT failed on {self.info.name} in {self.precision}: {error}') from error

    def close(self) -> None:
        """Give back the engine and its memory."""
        self._engine.close()


class TensorRTBackend(Backend):
    """Runs engines that are built from the model's ONNX files and kept in files.

    The first time, and after a change of the model, the board or TensorRT, opening builds the
    engine, which takes minutes on a small board. The INT8 form, and FP16 where the model does not
    store it and TensorRT is 10 or newer, are made with the Python package ``onnx``.
    """

    name = 'tensorrt'

    def unavailable_reason(self) -> Optional[str]:
        """Return what is missing: TensorRT, pycuda or cuda-python, the driver, or a GPU."""
        if module.installed() is None:
            return ('TensorRT is not installed (on a Jetson it is part of JetPack; on a PC with an '
                    'RTX card: pip install tensorrt-rtx-cu12)')
        if not devices.installed():
            return 'neither pycuda nor cuda-python is installed (pip install pycuda)'
        try:
            driver.first_gpu()
        except SerError as error:
            return str(error)
        return None

    def precisions(self, model: Model) -> Tuple[str, ...]:
        """Return what can be built from the stored files and is fast on this GPU."""
        return offered_precisions(model, driver.first_gpu().capability)

    def precision_problem(self, model: Model, precision: str) -> str:
        """Return why the file of a precision makes no engine; '' where it does."""
        return source_problem(model, precision)

    def _open(self, model: Model, precision: str, threads: int, engines: EngineOptions) -> Session:
        trt = module.load()
        path, job = plan_build(model, precision, trt, driver.first_gpu(), engines)
        return _open_built(trt, model, path, job, engines)[0]


def _open_built(trt: Any, model: Model, path: str, job: Job,
                engines: EngineOptions) -> Tuple[Session, bool]:
    """Return a session of the engine file ``path``, and whether it was good as it was."""
    stored = None
    try:
        stored = engine_file.read(path, job.key)
        return _load(trt, model, job, stored), True
    except UnusableEngine as reason:
        engines.on_progress(
            f"building an engine for {model.info.name} in {job.key['precision']}: {reason}", None)
    content = builder.ensure(path, job, engines, unusable=stored)
    return _load(trt, model, job, content), False


def build_ahead(model: Model, precision: str, engines: EngineOptions,
                capability: Optional[Tuple[int, int]] = None) -> Tuple[str, bool]:
    """Build an engine before it is needed, such as in an image of a container.

    Args:
        capability: of the GPU to build for; None for this machine's, on which the engine is then
            tried, too. Only TensorRT for RTX builds for a GPU that is not there.

    Returns:
        the engine file, and whether it was there already.

    Raises:
        SerError: if it can't be built; the text says why.
    """
    trt = module.load()
    gpu = driver.first_gpu() if capability is None else driver.Gpu('', capability)
    if capability is not None and trt.__name__ not in module.PORTABLE:
        raise SerError(
            f'{trt.__name__} builds for the GPU of this machine only; build on the board itself, '
            'without --compute-capability')
    offered = offered_precisions(model, gpu.capability)
    if precision not in offered:
        problem = source_problem(model, precision)
        raise SerError(
            f'the model {model.info.name} is not available in {precision} for the compute '
            f'capability {gpu.capability[0]}.{gpu.capability[1]}'
            + (f': {problem}' if problem else '') + f'; allowed: {listed(offered)}')
    path, job = plan_build(model, precision, trt, gpu, engines)
    if capability is None:
        session, was_there = _open_built(trt, model, path, job, engines)
        session.close()
        return path, was_there
    job = job._replace(capability=capability)
    try:
        engine_file.read(path, job.key)
        return path, True
    except UnusableEngine as reason:
        engines.on_progress(f'building: {reason}', None)
    builder.ensure(path, job, engines)
    return path, False


def plan_build(model: Model, precision: str, trt: Any, gpu: driver.Gpu,
               engines: EngineOptions) -> Tuple[str, Job]:
    """Return the path of an engine file, and the job that builds it."""
    key = make_key(model, precision, trt, gpu, engines)
    folder = engine_folder(engines)
    paths: Dict[str, str] = {
        name: os.path.abspath(model.path(name)) for name in PRECISIONS if name in model.precisions}
    path = os.path.join(folder, engine_file.file_name(model.info.name, key))
    capability = key['compute_capability'].replace('.', '')
    timings = os.path.join(
        folder, f"timings-{key['module']}-{key['version']}-sm{capability}.cache")
    return path, Job(
        key=key, paths=paths, input_shape=model.info.input_shape,
        temperature=model.info.temperature, capability=None, output=path, timing_cache=timings,
        voice_size=model.info.voice_size)


def _load(trt: Any, model: Model, job: Job, content: engine_file.EngineFile) -> Session:
    """Put an engine on the GPU and check its precision and its answer."""
    # Not above: they need packages and each other.
    from ser_ros.inference.tensorrt_engine import reference
    from ser_ros.inference.tensorrt_engine.running_engine import RunningEngine
    errors: Deque[str] = collections.deque(maxlen=_KEPT_ERRORS)

    def keep(severity: str, text: str) -> None:
        if severity in ('ERROR', 'INTERNAL_ERROR'):
            errors.append(' '.join(text.split()))

    precision = job.key['precision']
    try:
        engine = RunningEngine(
            trt, module.make_logger(trt, keep), devices.open_device(), content.plan)
    except SerError as error:
        raise type(error)(' | '.join([str(error), *errors])) from error
    built = engine.precision or content.precision
    try:
        if built != precision:
            raise UnusableEngine(f'the engine computes in {built}, but {precision} was requested')
        logits = engine.run(
            *reference.question(model.info.input_shape, model.info.voice_size))
        reference.check(content.check, logits, model.info.temperature, precision)
    except SerError:
        engine.close()
        raise
    stored = source_precision(model.precisions, precision)
    assert stored is not None  # or it would not be offered
    # Of the file that the engine was built from, whatever became of it since.
    info = dataclasses.replace(
        model.info_of(stored), loaded_sha256=job.key['onnx_sha256'])
    return TensorRTSession(info, built, engine)
