# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The process that builds one engine; builder.py starts it.

A build takes minutes and memory. On a small board the system may end it for that, which must not
end the node. The process reads a Job and sends messages: ``{"step", "share"}`` and at the end
``{"precision"}`` or ``{"error"}``. Its log is TensorRT's.
"""

import contextlib
import os
import sys
import threading
from typing import Any, Dict, List, Optional

from ser_ros.child_process import send, serve
from ser_ros.errors import SerError
from ser_ros.inference.model_metadata import load_file
from ser_ros.inference.tensorrt_engine import (
    compile,
    driver,
    engine_file,
    module,
    precision,
    reference,
    source_model,
)
from ser_ros.inference.tensorrt_engine.job import Job, from_values, source_precision

_OOM_SCORE = '/proc/self/oom_score_adj'
# Followed by the layer and, in parentheses, the kind of kernel that is tried.
_MEASURING = 'Timing Runner: '
_SHOWN = ('INTERNAL_ERROR', 'ERROR', 'WARNING', 'INFO')


def main() -> int:
    """Build what standard input asks for and return the exit code."""
    _be_the_first_to_go()
    return serve(lambda values: {'precision': run(from_values(values))})


def _be_the_first_to_go() -> None:
    """Where memory runs out, Linux is to end this process and not the one that serves."""
    with contextlib.suppress(OSError), open(_OOM_SCORE, 'w') as file:
        file.write('1000')


class Log:
    """What TensorRT logs: shown, but for its many details, of which two are of use.

    One lists the engine's layers, which are kept. One names the layer for which it measures next:
    the only progress that versions without a monitor show.

    Args:
        sends_progress: whether to send the latter as messages.

    Attributes:
        layers: the text in which the builder lists them; '' until it does.
    """

    def __init__(self, sends_progress: bool) -> None:
        self.layers = ''
        self._sends_progress = sends_progress
        self._measured = ''

    def line(self, severity: str, text: str) -> None:
        """Take one message."""
        if text.startswith(precision.LAYERS_HEADING):
            self.layers = text
        if self._sends_progress and _MEASURING in text:
            layer = text.split(_MEASURING, 1)[1].rsplit(' (', 1)[0].strip()
            if layer != self._measured:
                send({'step': 'building: measuring ' + layer, 'share': None})
            self._measured = layer
        if severity in _SHOWN:
            sys.stdout.write(f"{severity}: {' '.join(text.split())}\n")
            sys.stdout.flush()


def run(job: Job) -> str:
    """Build the engine, see that it is what was asked for, and write the engine file.

    Returns:
        the precision that was built.

    Raises:
        SerError: if anything of it fails.
    """
    asked = job.key['precision']
    send({'step': 'loading TensorRT', 'share': None})
    trt = module.load()
    log = Log(sends_progress=not compile.has_monitor(trt))
    logger = module.make_logger(trt, log.line)
    prepared = source_model.prepare(job.paths, asked, compile.is_strongly_typed(trt), job.output)
    try:
        send({'step': 'computing the reference answer', 'share': None})
        answer = reference.ask(
            prepared.reference, job.input_shape, job.temperature, job.voice_size)
        send({'step': 'building', 'share': None})
        settings = compile.Settings(
            asked, (1,) + job.input_shape, job.key['workspace_mib'], job.capability,
            _read(job.timing_cache), job.voice_size)
        with open(prepared.path, 'rb') as file:
            built = compile.build(trt, logger, file.read(), settings, _monitor(trt))
    finally:
        prepared.remove()
    _check_source(job)
    built_precision = _read_precision(trt, logger, log, built.plan)
    if built_precision != asked:
        raise SerError(
            f'TensorRT {trt.__version__} built {built_precision}, but {asked} was requested')
    _keep(job, built, built_precision, answer)
    return built_precision


def _check_source(job: Job) -> None:
    """Raise SerError if the file was replaced since the job was made."""
    stored = source_precision(tuple(job.paths), job.key['precision'])
    assert stored is not None  # or the model would not be offered in this precision
    if load_file(job.paths[stored])[0].sha256 != job.key['onnx_sha256']:
        raise SerError(f'{job.paths[stored]} was replaced while an engine was built from it; '
                       'configure the node again')


def _read_precision(trt: Any, logger: Any, log: Log, plan: bytes) -> str:
    built_precision = precision.from_log(log.layers)
    if built_precision is None:
        driver.first_gpu()  # without one, loading an engine ends the process
        from ser_ros.inference.tensorrt_engine.devices import open_device
        from ser_ros.inference.tensorrt_engine.running_engine import RunningEngine
        engine = RunningEngine(trt, logger, open_device(), plan)
        built_precision = engine.precision
        engine.close()
    if built_precision is None:
        raise SerError(
            f'TensorRT {trt.__version__} does not report the precision of the engine')
    return built_precision


def _keep(job: Job, built: compile.Built, built_precision: str, answer: Dict[str, Any]) -> None:
    try:
        engine_file.write(
            job.output, engine_file.EngineFile(job.key, built_precision, answer, built.plan))
    except OSError as error:
        raise SerError(f'cannot write the engine {job.output}: {error.strerror}') from error
    if built.timing_cache:
        _keep_timings(job.timing_cache, built.timing_cache)


def _keep_timings(path: str, timings: bytes) -> None:
    """Write what the next build may use; without it that takes longer, and nothing is wrong."""
    temporary = f'{path}.{os.getpid()}.tmp'
    try:
        with open(temporary, 'wb') as file:
            file.write(timings)
        os.replace(temporary, path)
    except OSError as error:
        sys.stdout.write(f'WARNING: cannot write the timings {path}: {error.strerror}\n')
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _read(path: str) -> bytes:
    """Return the file's content, b'' where it is not there or cannot be read."""
    try:
        with open(path, 'rb') as file:
            return file.read()
    except OSError:
        return b''


def _monitor(trt: Any) -> Optional[Any]:
    """Return a progress monitor that sends its progress, or None where TensorRT has none."""
    if not compile.has_monitor(trt):
        return None

    class Monitor(trt.IProgressMonitor):
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self._progress = PhaseProgress()
            self._lock = threading.Lock()

        def phase_start(self, phase_name: str, parent_phase: Optional[str],
                        num_steps: int) -> None:
            with self._lock:
                self._progress.start(phase_name, num_steps)

        def phase_finish(self, phase_name: str) -> None:
            with self._lock:
                self._progress.finish(phase_name)

        def step_complete(self, phase_name: str, step: int) -> bool:
            with self._lock:
                share = self._progress.step(phase_name, step)
            send({'step': 'building: ' + phase_name, 'share': share})
            return True  # go on

    return Monitor()


class PhaseProgress:
    """The share of a build that is done, from nested phases of several steps each."""

    def __init__(self) -> None:
        self._phases: List[List[Any]] = []  # [name, steps, done], the outermost first
        self._share = 0.0

    def start(self, name: str, steps: int) -> None:
        """Enter a phase within the last one."""
        self._phases.append([name, max(steps, 1), 0])

    def finish(self, name: str) -> None:
        """Leave a phase."""
        self._phases = [phase for phase in self._phases if phase[0] != name]

    def step(self, name: str, step: int) -> float:
        """Note that step number ``step`` of a phase is done; return the share, 0 to 1."""
        share, size = 0.0, 1.0
        for phase in self._phases:
            if phase[0] == name:
                phase[2] = min(step + 1, phase[1])
            size /= phase[1]
            share += phase[2] * size
        # Phases come one after the other, too: it never goes back.
        self._share = min(max(self._share, share), 1.0)
        return round(self._share, 3)
