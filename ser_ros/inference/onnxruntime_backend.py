# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime on the CPU: the backend where there is no GPU."""

import importlib.util
from typing import Dict, List, Optional, Tuple

import numpy as np

from ser_ros.errors import SerError
from ser_ros.inference.backend import Answer, Backend, Session
from ser_ros.inference.engine_options import EngineOptions
from ser_ros.inference.model_file import Model
from ser_ros.inference.model_metadata import BASELINE, ModelInfo

# Windows of one run, of a model whose file leaves their number open. It takes 15 to 25 % less
# time than one by one. With 32 the temporaries no longer fit a cache: twice as much for mn04.
BATCH = 8


class OnnxRuntimeSession(Session):
    """One model file in ONNX Runtime."""

    backend = 'onnxruntime'

    def __init__(self, info: ModelInfo, content: bytes, threads: int):
        """Load the content; FP16 files keep their FP16 graph, whose steps the CPU may widen."""
        from ser_ros.onnx_session import open_session
        super().__init__(info, info.precision)
        try:
            self._session = open_session(info.path, threads, content)
        except SerError as error:
            raise SerError(
                f'{error} (the file has IR version {info.ir_version} and opset '
                f'{info.opset})') from error
        first = self._session.get_inputs()[0]
        self._input = first.name
        if not isinstance(first.shape[0], int):
            self.batch = BATCH

    def _run(self, model_input: np.ndarray) -> np.ndarray:
        return self._compute(model_input[np.newaxis])[0]

    def _run_batch(self, model_inputs: np.ndarray) -> np.ndarray:
        return super()._run_batch(model_inputs) if self.batch == 1 else self._compute(model_inputs)

    def _compute(self, model_inputs: np.ndarray) -> np.ndarray:
        inputs = {self._input: model_inputs}
        if self.info.voice_size:
            inputs[BASELINE] = np.tile(self._stranger, (len(model_inputs), 1))
        return self._outputs(inputs)[0]

    def _run_with_baseline(self, model_input: np.ndarray, baseline: np.ndarray) -> Answer:
        logits, voice = self._outputs(
            {self._input: model_input[np.newaxis], BASELINE: baseline[np.newaxis]})
        return Answer(logits[0], voice[0])

    def _outputs(self, inputs: Dict[str, np.ndarray]) -> List[np.ndarray]:
        return self._session.run(None, inputs)

    def close(self) -> None:
        """Give back the weights."""
        self._session = None


class OnnxRuntimeBackend(Backend):
    """Runs every precision that the model stores."""

    name = 'onnxruntime'

    def unavailable_reason(self) -> Optional[str]:
        """Return why the package cannot be used, or None; without importing it."""
        if importlib.util.find_spec('onnxruntime') is None:
            return 'the Python package onnxruntime is not installed (pip install onnxruntime)'
        return None

    def precisions(self, model: Model) -> Tuple[str, ...]:
        """Return what is stored."""
        return model.precisions

    def _open(self, model: Model, precision: str, threads: int, engines: EngineOptions) -> Session:
        return OnnxRuntimeSession(*model.load(precision), threads)
