# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The processes of a benchmark: which there are, how they take turns, what comes of them."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence

import numpy as np

import ser_ros
from ser_ros.benchmark.worker import Task

ROUNDS = 3
REFERENCE = ('pytorch', 'fp32')
CONFIGURATIONS = (
    REFERENCE,
    ('tensorrt', 'fp32'), ('tensorrt', 'fp16'), ('tensorrt', 'int8'),
    ('onnxruntime', 'fp32'), ('onnxruntime', 'fp16'), ('onnxruntime', 'int8'),
)
BACKENDS = ('pytorch', 'tensorrt', 'onnxruntime')
# For a worker to end after Ctrl-C; a driver may keep it.
PATIENCE_S = 5.0

_PACKAGE_PARENT = os.path.dirname(os.path.dirname(os.path.abspath(ser_ros.__file__)))
# In place of the current folder, where anything may be: the package that runs here.
_START = (
    f'import sys; sys.path[0] = {_PACKAGE_PARENT!r}; from ser_ros.benchmark import worker; '
    'sys.exit(worker.main(sys.argv[1]))')

# Takes a step and the share of it that is done, 0 to 1, or None.
Show = Callable[[str, Optional[float]], None]


class Row(NamedTuple):
    """
    What was measured of one configuration, or why nothing was.

    Attributes
    ----------
    preprocessing_ms, preprocessing_p95_ms: from a window's last hop to the model's input.
    preprocessing_ms_per_s: of all features of a second of sound.
    inference_ms, inference_p95_ms: of the model.
    reduction_percent: of the inference time against the reference; None without it.
    pss_mb, rss_mb, system_mb, cpu_percent: as `benchmark_worker.measure` says.
    windows: so many were timed.
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
    """
    All configurations, each in a fresh process, in ROUNDS rounds.

    They take turns, and every other round goes backwards: what else the machine does, and its
    getting warm, meets all alike. Times are medians over all windows of all rounds; a reduction
    is the median of the rounds' own, whose processes ran one after the other.

    :param task: of every process, but for backend, precision and seconds.
    :param seconds: of measuring for each configuration.
    :param backends: of CONFIGURATIONS, those of these.
    :param show: takes what is going on, and the share of it that is done or None.
    """

    def __init__(self, task: Task, seconds: float, backends: Sequence[str], show: Show):
        self._task = task._replace(seconds=seconds / ROUNDS)
        self._configurations = [
            configuration for configuration in CONFIGURATIONS if configuration[0] in backends]
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

    def _run_one(self, configuration, number: int) -> None:
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
            self._reasons[configuration] = f'it was loaded in {loaded} instead'
        else:
            self._results[configuration].append(outcome['result'])

    @property
    def versions(self) -> Dict[str, str]:
        """Versions of the runtimes that were used."""
        found: Dict[str, str] = {}
        for results in self._results.values():
            for result in results:
                found.update(result['versions'])
        return found

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

    def _reduction_percent(self, results) -> Optional[float]:
        if REFERENCE in self._reasons or not self._results.get(REFERENCE):
            return None
        shares = [np.median(result['inference_ms']) / np.median(reference['inference_ms'])
                  for result, reference in zip(results, self._results[REFERENCE])]
        return float(100 * (1 - np.median(shares)))


def _median(results: List[Dict[str, Any]], key: str) -> Optional[float]:
    values = [result[key] for result in results if result[key] is not None]
    return float(np.median(values)) if values else None


def _run_worker(task: Task, show: Show) -> Dict[str, Any]:
    """Return what the worker printed last: ``result``, or ``error``, also if it has crashed."""
    with _worker(task) as process:
        for line in process.stdout or ():
            message = _message(line)
            if 'step' in message:
                show(message['step'], message['share'])
            elif 'result' in message or 'error' in message:
                process.wait()
                return message
        return {'error': _end_of(process.wait())}


def _message(line: str) -> Dict[str, Any]:
    """Return the worker's message, or nothing where a library has printed something."""
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _end_of(code: int) -> str:
    if code < 0:
        return f'its process crashed ({signal.Signals(-code).name})'
    return f'its process ended with exit code {code}; its errors are above'


@contextlib.contextmanager
def _worker(task: Task) -> Iterator[subprocess.Popen]:
    # A Ctrl-C in the middle of starting it would leave a worker that nobody ends.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    process = None
    try:
        process = subprocess.Popen(
            [sys.executable, '-c', _START, json.dumps(task._asdict())],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, universal_newlines=True,
            start_new_session=True)  # a terminal's Ctrl-C is for us: it would print a traceback
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        yield process
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if process is not None:
            _end(process)


def _end(process: subprocess.Popen) -> None:
    """End the worker where it has not ended by itself; a builder of engines ends with it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
