# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The processes of a benchmark: which there are, how they take turns, what comes of them."""

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ser_ros.benchmark.worker import Task
from ser_ros.child_process import ChildProcess
from ser_ros.inference.model_file import PRECISIONS

ROUNDS = 3
REFERENCE = ('pytorch', 'fp32')
CONFIGURATIONS = (
    REFERENCE,
    ('tensorrt', 'fp32'), ('tensorrt', 'fp16'), ('tensorrt', 'int8'),
    ('onnxruntime', 'fp32'), ('onnxruntime', 'fp16'), ('onnxruntime', 'int8'),
)
BACKENDS = ('pytorch', 'tensorrt', 'onnxruntime')
WORKER = 'ser_ros.benchmark.worker'

# Takes a step and the share of it that is done, 0 to 1, or None.
Show = Callable[[str, Optional[float]], None]


class Row(NamedTuple):
    """What was measured of one configuration, or why nothing was.

    Attributes:
        preprocessing_ms, preprocessing_p95_ms: from a window's last hop to the model's input.
        preprocessing_ms_per_s: of all features of a second of sound.
        inference_ms, inference_p95_ms: of the model.
        reduction_percent: of the inference time against the reference; None without it.
        pss_mb, rss_mb, system_mb, cpu_percent: as `ser_ros.benchmark.worker.measure` says.
        windows: number of timed windows.
        reason: why there are no figures, '' if there are.
    """

    backend: str
    precision: str
    reason: str = ''
    preprocessing_ms: Optional[float] = None
    preprocessing_p95_ms: Optional[float] = None
    preprocessing_ms_per_s: Optional[float] = None
    inference_ms: Optional[float] = None
    inference_p95_ms: Optional[float] = None
    reduction_percent: Optional[float] = None
    pss_mb: Optional[float] = None
    rss_mb: Optional[float] = None
    system_mb: Optional[float] = None
    cpu_percent: Optional[float] = None
    windows: int = 0
    sha256: str = ''

    @property
    def name(self) -> str:
        """Backend and precision, as the tables name them."""
        return f'{self.backend} {self.precision}'


class Runs:
    """All configurations, each in a fresh process, in ROUNDS rounds.

    They take turns, and every other round goes backwards: what else the machine does, and its
    getting warm, affects all equally. Times are medians over all windows of all rounds; a reduction
    is the median of the rounds' own, whose processes ran one after the other.

    Args:
        task: of every process, but for backend, precision and seconds.
        seconds: of measuring for each configuration.
        backends: of CONFIGURATIONS those of these, and of others every precision.
        show: takes what is going on, and the share of it that is done or None.
    """

    def __init__(self, task: Task, seconds: float, backends: Sequence[str], show: Show):
        self._task = task._replace(seconds=seconds / ROUNDS)
        self._configurations = [
            configuration for configuration in CONFIGURATIONS if configuration[0] in backends]
        self._configurations += [  # backends of other packages
            (backend, precision) for backend in backends if backend not in BACKENDS
            for precision in PRECISIONS]
        self._show = show
        self._results: Dict[Any, List[Dict[str, Any]]] = {
            configuration: [] for configuration in self._configurations}
        self._reasons: Dict[Any, str] = {}

    def run(self) -> None:
        """Do it all; it takes some minutes, and much longer where engines must be built."""
        for number in range(ROUNDS):
            order = self._configurations[::-1] if number % 2 else self._configurations
            for configuration in order:
                if configuration not in self._reasons:
                    self._run_one(configuration, number)

    def _run_one(self, configuration: Tuple[str, str], number: int) -> None:
        backend, precision = configuration
        name = f'round {number + 1} of {ROUNDS}: {backend} {precision}'
        self._show(name, None)
        task = self._task._replace(backend=backend, precision=precision)
        outcome = _run_worker(
            task, lambda step, share: self._show(f'{name}: {step}', share))
        if 'result' not in outcome:
            self._reasons[configuration] = outcome['error']
        elif outcome['result']['precision'] != precision:
            loaded = outcome['result']['precision']
            self._reasons[configuration] = f'the model was loaded in {loaded} instead'
        else:
            self._results[configuration].append(outcome['result'])

    @property
    def versions(self) -> Dict[str, str]:
        """Versions of the runtimes that were used."""
        versions: Dict[str, str] = {}
        for results in self._results.values():
            for result in results:
                versions.update(result['versions'])
        return versions

    def rows(self) -> List[Row]:
        """Return what was measured, in the order of CONFIGURATIONS."""
        return [self._row(*configuration) for configuration in self._configurations]

    def _row(self, backend: str, precision: str) -> Row:
        results = self._results[backend, precision]
        if (backend, precision) in self._reasons:
            return Row(backend, precision, reason=self._reasons[backend, precision])
        preprocessing_ms = np.concatenate([result['preprocessing_ms'] for result in results])
        inference_ms = np.concatenate([result['inference_ms'] for result in results])
        return Row(
            backend, precision,
            preprocessing_ms=float(np.median(preprocessing_ms)),
            preprocessing_p95_ms=float(np.percentile(preprocessing_ms, 95)),
            preprocessing_ms_per_s=_median(results, 'preprocessing_ms_per_s'),
            inference_ms=float(np.median(inference_ms)),
            inference_p95_ms=float(np.percentile(inference_ms, 95)),
            reduction_percent=self._reduction_percent(results),
            pss_mb=_median(results, 'pss_mb'), rss_mb=_median(results, 'rss_mb'),
            system_mb=_median(results, 'system_mb'), cpu_percent=_median(results, 'cpu_percent'),
            windows=len(inference_ms), sha256=results[-1]['sha256'])

    def _reduction_percent(self, results: List[Dict[str, Any]]) -> Optional[float]:
        if REFERENCE in self._reasons or not self._results.get(REFERENCE):
            return None
        shares = [np.median(result['inference_ms']) / np.median(reference['inference_ms'])
                  for result, reference in zip(results, self._results[REFERENCE])]
        return float(100 * (1 - np.median(shares)))


def _median(results: List[Dict[str, Any]], key: str) -> Optional[float]:
    values = [result[key] for result in results if result[key] is not None]
    return float(np.median(values)) if values else None


def _run_worker(task: Task, show: Show) -> Dict[str, Any]:
    """Return the worker's ``result`` or ``error``; the latter also if it has crashed."""
    answer: Dict[str, Any] = {}
    with ChildProcess(WORKER, task._asdict()) as worker:
        for message in worker.messages():
            if 'step' in message:
                show(message['step'], message['share'])
            else:
                answer = message
    log = ' | '.join(filter(None, worker.log))
    return answer or {
        'error': f'the process {worker.end}' + (f'. The end of its log: {log}' if log else '')}
