# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every inference backend offers: open a model file in a precision, run one window."""

import abc
import contextlib
import time
from typing import Iterator, NamedTuple, Optional, Tuple

import numpy as np

from ser_ros.errors import SerError, listed
from ser_ros.inference.engine_options import (
    DEFAULT_ENGINE_OPTIONS,
    EngineOptions,
    check_engine_options,
)
from ser_ros.inference.model_file import Model
from ser_ros.inference.model_metadata import ModelInfo
from ser_ros.threads import check_threads


class Answer(NamedTuple):
    """What a model says of one window.

    Attributes:
        logits: Float32, one for each label; not divided by the temperature.
        voice: Float32 (voice_size,), the voice in this window; None where the model gives none.
    """

    logits: np.ndarray
    voice: Optional[np.ndarray] = None


class Session(abc.ABC):
    """A model that is loaded and ready.

    It is opened in any thread; ``run`` and ``close`` are called from one thread only, so an
    implementation may keep things that belong to a thread, such as a GPU context.

    Attributes:
        backend: name of the backend that made it.
        precision: in what it really computes, read from what was loaded.
        info: what the model file says.
        batch: most windows that one run computes; 1 where the file takes one at a time.
        warm_up_s: time that the first window took, when the model was loaded [s]; 0 without one.
    """

    backend = ''
    batch = 1
    warm_up_s = 0.0

    def __init__(self, info: ModelInfo, precision: str):
        """Keep what was loaded."""
        self.info = info
        self.precision = precision
        # Nothing is known of a stranger's voice. Made once, not for every window.
        self._stranger = np.zeros(info.voice_size + 1, np.float32)

    def run(self, model_input: np.ndarray) -> np.ndarray:
        """Compute the logits of one window.

        Args:
            model_input: float32 of the shape ``info.input_shape``.

        Returns:
            float32, one logit for each of ``info.labels``; not divided by the temperature.

        Raises:
            SerError: if the input has another shape or type, or the runtime fails.
        """
        return self.answer(model_input).logits

    def answer(self, model_input: np.ndarray, baseline: Optional[np.ndarray] = None) -> Answer:
        """Compute the logits of one window, and the voice that speaks in it.

        Args:
            model_input: Float32 of the shape ``info.input_shape``.
            baseline: what is known of the voice from earlier: float32 (voice_size + 1,), its mean
                times s, and s, which is from 0 (a stranger) to 1. None stands for a stranger.

        Returns:
            The answer; its voice is None where the model's ``voice_size`` is 0.

        Raises:
            SerError: if an input has another shape or type, or the runtime fails.
        """
        self._check('', model_input.dtype, model_input.shape, self.info.input_shape)
        if not self.info.voice_size:
            if baseline is not None:
                raise SerError(
                    f'the model {self.info.name} takes no baseline of a voice (voice_size 0)')
            with _errors_of(self.backend, f'failed on {self.info.path}'):
                return Answer(self._run(model_input))
        if baseline is None:
            baseline = self._stranger
        self._check('a baseline of ', baseline.dtype, baseline.shape, self._stranger.shape)
        with _errors_of(self.backend, f'failed on {self.info.path}'):
            return self._run_with_baseline(model_input, baseline)

    def run_batch(self, model_inputs: np.ndarray) -> np.ndarray:
        """Compute the logits of several windows.

        Args:
            model_inputs: as in `run`, one after the other along a first axis; 1 to ``batch``.

        Returns:
            The logits, (windows, labels).

        Raises:
            SerError: as `run`.
        """
        self._check('', model_inputs.dtype, model_inputs.shape[1:], self.info.input_shape)
        with _errors_of(self.backend, f'failed on {self.info.path}'):
            return self._run_batch(model_inputs)

    def _run_batch(self, model_inputs: np.ndarray) -> np.ndarray:
        """Do what `run_batch` says with inputs that were checked."""
        return np.stack([self.run(model_input) for model_input in model_inputs])

    def _check(self, what: str, dtype: np.dtype, shape: Tuple[int, ...],
               wanted: Tuple[int, ...]) -> None:
        if dtype != np.float32 or shape != wanted:
            raise SerError(
                f'the model {self.info.name} takes {what}float32 {list(wanted)}, got {dtype} '
                f'{list(shape)}')

    @abc.abstractmethod
    def _run(self, model_input: np.ndarray) -> np.ndarray:
        """Do what `run` says with an input that was checked, for a model without a baseline."""

    def _run_with_baseline(self, model_input: np.ndarray, baseline: np.ndarray) -> Answer:
        """Do what `answer` says with inputs that were checked, for a model with a baseline."""
        raise SerError(
            f'{self.backend} runs no models with a baseline of the voice, such as '
            f'{self.info.name}; use the backend onnxruntime or tensorrt')

    @abc.abstractmethod
    def close(self) -> None:
        """Give back what the session holds; it is not used afterwards."""


class Backend(abc.ABC):
    """A runtime. ``name`` is what users write in the parameter ``backend``."""

    name = ''

    @abc.abstractmethod
    def unavailable_reason(self) -> Optional[str]:
        """Return why this backend cannot work on this machine and what to do, or None if it can."""

    def refusal(self, model: Model) -> Optional[str]:
        """Return why this backend cannot run this model on any machine, or None if it can."""
        return None

    def precision_problem(self, model: Model, precision: str) -> str:
        """Return why a precision that the model stores is not offered; '' for no special reason."""
        return ''

    def check_precision(self, model: Model, precision: str) -> None:
        """Raise SerError if this backend does not offer the precision for this model here."""
        offered = self.precisions(model)
        if precision not in offered:
            problem = self.precision_problem(model, precision)
            raise SerError(
                f'{self.name} cannot run the model {model.info.name} in {precision!r}'
                + (f': {problem}' if problem else '') + f'; allowed: {listed(offered)}')

    def check(self, model: Model) -> None:
        """Raise SerError if this backend cannot run this model on any machine."""
        reason = self.refusal(model)
        if reason is not None:
            raise SerError(f'{self.name} cannot run the model {model.info.name}: {reason}')

    @abc.abstractmethod
    def precisions(self, model: Model) -> Tuple[str, ...]:
        """Return the precisions in which this backend can run ``model`` on this machine."""

    def open(self, model: Model, precision: str, threads: int = 1,
             engines: EngineOptions = DEFAULT_ENGINE_OPTIONS) -> Session:
        """Load the model and run it once, so that the first window is as fast as the others.

        Args:
            threads: CPU threads for one window, in THREADS_RANGE.
            engines: of a backend that compiles the model first, which may take minutes.

        Raises:
            SerError: if the precision is not offered, the file cannot be loaded, or the answer is
                not finite.
        """
        self.check(model)
        self.check_precision(model, precision)
        check_threads(threads)
        check_engine_options(engines)
        with _errors_of(self.name, f'cannot load {model.info.name} in {precision}'):
            session = self._open(model, precision, threads, engines)
        start_s = time.monotonic()
        _warm_up(session)
        session.warm_up_s = time.monotonic() - start_s
        return session

    @abc.abstractmethod
    def _open(self, model: Model, precision: str, threads: int, engines: EngineOptions) -> Session:
        """Load a precision that is offered, or raise SerError with the runtime's reason."""


@contextlib.contextmanager
def _errors_of(backend: str, what: str) -> Iterator[None]:
    """Turn whatever a runtime raises into a SerError: each has error classes of its own."""
    try:
        yield
    except SerError:
        raise
    except Exception as error:
        reason = ' '.join(str(error).split())
        raise SerError(f'{backend} {what}: {type(error).__name__}: {reason}') from error


def _warm_up(session: Session) -> None:
    try:
        logits, voice = session.answer(np.zeros(session.info.input_shape, np.float32))
    except SerError:
        session.close()
        raise
    if logits.shape != (len(session.info.labels),) or not np.all(np.isfinite(logits)):
        session.close()
        raise SerError(
            f'the model {session.info.path} answers an empty window with {logits} in '
            f'{session.precision} on {session.backend}')
    if voice is not None and (
            voice.shape != (session.info.voice_size,) or not np.all(np.isfinite(voice))):
        session.close()
        raise SerError(
            f'the model {session.info.path} hears the voice {voice} in an empty window')
