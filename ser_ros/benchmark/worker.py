# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One configuration of a benchmark, in a process that does nothing else.

It reads a `Task` and sends messages: while an engine is built ``{"step", "share"}``, at the end
``{"result"}`` as `measure` returns it, or ``{"error"}``.
"""

import sys
import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from ser_ros.benchmark.machine import available_memory_mb, memory_of_this_process_mb
from ser_ros.child_process import send, serve
from ser_ros.errors import SerError
from ser_ros.features.registry import create_extractor
from ser_ros.inference.backend import Backend, Session
from ser_ros.inference.engine_options import EngineOptions
from ser_ros.inference.model_file import Model
from ser_ros.inference.registry import BACKENDS

WARM_UP_WINDOWS = 5
LEAST_WINDOWS = 20
# Where the columns of a feature set are shorter, as the samples themselves are, so much sound is
# pushed at a time [samples at 16 kHz].
MIN_HOP_SAMPLES = 160
# Modules whose versions matter, where a backend has loaded them.
RUNTIMES = ('numpy', 'scipy', 'onnxruntime', 'torch', 'tensorrt', 'tensorrt_rtx')


class Task(NamedTuple):
    """What one process of a benchmark measures; ``sound`` is the path of a WAV file."""

    model: str
    backend: str
    precision: str
    threads: int
    sound: str
    seconds: float
    period_s: float
    engine_cache: str
    workspace_mib: int


def measure(task: Task) -> Dict[str, Any]:
    """Run the stream of features and the model as fast as they go, and time them.

    Returns:
        ``preprocessing_ms`` of each window, from its last hop to the input; ``inference_ms`` of
        each; ``preprocessing_ms_per_s`` of sound; ``cpu_percent`` of one core that both take of a
        stream in real time; the process' memory ``pss_mb``, ``rss_mb``, and ``system_mb``, by which
        the system's available memory became less (None where it is not told); ``precision`` and
        ``sha256`` of the file that was loaded; ``versions``.

    Raises:
        SerError: if the machine or the model does not have this configuration.
    """
    available_mb = available_memory_mb()
    model = Model(task.model)
    engines = EngineOptions(
        folder=task.engine_cache, workspace_mib=task.workspace_mib, on_progress=_send_progress)
    session = _backend(task.backend).open(model, task.precision, task.threads, engines)
    try:
        result = _Stream(session, np.load(task.sound), task.period_s).run(task.seconds)
        result.update(memory_of_this_process_mb())
        result['system_mb'] = _less(available_mb, available_memory_mb())
    finally:
        session.close()
    result.update(precision=session.precision, sha256=session.info.sha256, versions=_versions())
    return result


def _backend(name: str) -> Backend:
    backend = BACKENDS[name]
    reason = backend.unavailable_reason()
    if reason is not None:
        raise SerError(reason)
    return backend


class _Stream:
    """The features of a sound that is repeated without end, a window of them each period."""

    def __init__(self, session: Session, samples: np.ndarray, period_s: float):
        self._session = session
        self._extractor = create_extractor(session.info.feature_set, session.info.input_shape)
        self._input = np.empty(self._extractor.input_shape, np.float32)
        size = max(self._extractor.hop_samples, MIN_HOP_SAMPLES)
        self._hops = [samples[start:start + size] for start in range(
            0, samples.size - size + 1, size)]
        self._hop_s = size / self._extractor.sample_rate_hz
        self._hops_per_period = max(1, round(period_s / self._hop_s))
        self._next_hop = 0

    def run(self, seconds: float) -> Dict[str, Any]:
        """Warm up, then measure for this time, and for LEAST_WINDOWS at least."""
        self._extractor.push(self._take(-(-self._extractor.window_samples // self._hops[0].size)))
        for _ in range(WARM_UP_WINDOWS):
            self._window()
        preprocessing_s: List[float] = []
        decision_s: List[float] = []
        inference_s: List[float] = []
        start_s, start_cpu_s = time.perf_counter(), time.process_time()
        while len(inference_s) < LEAST_WINDOWS or time.perf_counter() - start_s < seconds:
            of_period_s, of_window_s, of_model_s = self._window()
            preprocessing_s.append(of_period_s)
            decision_s.append(of_window_s)
            inference_s.append(of_model_s)
        cpu_s = time.process_time() - start_cpu_s
        sound_s = len(inference_s) * self._hops_per_period * self._hop_s
        return {
            'preprocessing_ms': _rounded_ms(decision_s),
            'inference_ms': _rounded_ms(inference_s),
            'preprocessing_ms_per_s': 1e3 * sum(preprocessing_s) / sound_s,
            'cpu_percent': 100 * cpu_s / sound_s,
        }

    def _window(self) -> Tuple[float, float, float]:
        """Return the times of a period's features, of what is left at its end, of the model."""
        before_s = 0.0
        for _ in range(self._hops_per_period - 1):
            hop = self._take(1)
            start_s = time.perf_counter()
            self._extractor.push(hop)
            before_s += time.perf_counter() - start_s
        hop = self._take(1)
        start_s = time.perf_counter()
        self._extractor.push(hop)
        self._extractor.input(self._input)
        complete_s = time.perf_counter()
        self._session.run(self._input)
        end_s = time.perf_counter()
        return before_s + complete_s - start_s, complete_s - start_s, end_s - complete_s

    def _take(self, count: int) -> np.ndarray:
        taken = [self._hops[(self._next_hop + index) % len(self._hops)] for index in range(count)]
        self._next_hop += count
        return taken[0] if count == 1 else np.concatenate(taken)


def _rounded_ms(values_s: List[float]) -> List[float]:
    return [round(1e3 * value, 4) for value in values_s]


def _less(before_mb: Optional[float], after_mb: Optional[float]) -> Optional[float]:
    return None if before_mb is None or after_mb is None else before_mb - after_mb


def _versions() -> Dict[str, str]:
    return {name: str(getattr(sys.modules[name], '__version__', 'unknown'))
            for name in RUNTIMES if name in sys.modules}


def _send_progress(step: str, share: Optional[float]) -> None:
    send({'step': step, 'share': share})


def main() -> int:
    """Measure what standard input asks for and return the exit code."""
    return serve(lambda values: {'result': measure(Task(**values))})
