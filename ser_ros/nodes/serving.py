# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The session that runs a model, and its replacement while windows come in."""

import threading
from typing import TYPE_CHECKING, Any, Callable, Dict, NamedTuple, Optional, Sequence

import numpy as np

from ser_ros.errors import SerError
from ser_ros.inference.classifier import Classifier
from ser_ros.inference.engine_options import EngineOptions
from ser_ros.inference.inference_thread import InferenceThread
from ser_ros.inference.model_file import Model
from ser_ros.inference.pace import Pace
from ser_ros.inference.registry import AUTO, FALLBACK, choose_backend, may_fall_back
from ser_ros.nodes import stopping
from ser_ros.nodes.build_progress import BuildProgress
from ser_ros.windows.window_stream import MAX_PERIOD_S

if TYPE_CHECKING:
    from rclpy.impl.rcutils_logger import RcutilsLogger


class Request(NamedTuple):
    """The parameters that choose the session, by their names; they change together."""

    backend: str
    precision: str


class Serving:
    """A model and the session that runs it, which can be exchanged while windows come in.

    Attributes:
        model: the model.
        classifier: the classifier in use.
        thread: the inference thread that runs it.
        problem: why the last request is not being served; '' if it is.
        slow: that the model is too slow for the period of the windows; '' if it is not.
    """

    def __init__(
            self, model: Model, request: Request, engines: EngineOptions, *, threads: int,
            emotions: Sequence[str], progress: BuildProgress, log: 'RcutilsLogger',
            ask: Callable[[Any, Classifier], Optional[np.ndarray]],
            on_result: Callable[[Any, Optional[np.ndarray], Classifier], None],
            on_failed: Callable[[Any, SerError], None], on_changed: Callable[[], None],
            is_awaited: Callable[[], bool]):
        """Open the first session and the thread in which it serves.

        Args:
            model: the model.
            request: what to open first.
            engines: how engines are built; that may take minutes.
            threads: the parameter of this name, for every session.
            emotions: the parameter of this name, for every session.
            progress: cleared when an opening ends.
            log: gets what changes and what fails.
            ask: see `InferenceThread`.
            on_result: see `InferenceThread`.
            on_failed: see `InferenceThread`.
            on_changed: called in some thread when `settle` has something to settle.
            is_awaited: see `InferenceThread`.

        Raises:
            SerError: if the session can't be opened.
        """
        self.model = model
        self.problem = self.slow = ''
        self._threads = threads
        self._emotions = emotions
        self._progress = progress
        self._log = log
        self._on_changed = on_changed
        self._served = self._requested = request
        self._given_up = threading.Event()  # what is being opened; another one for each request
        self.classifier = self._open_first(request, engines)
        self.thread = InferenceThread(
            self.classifier, ask=ask, on_result=on_result, on_failed=on_failed,
            on_switched=self._on_switched, on_switch_failed=self._on_switch_failed,
            on_slow=self._on_slow, is_awaited=is_awaited)

    def check(self, request: Request) -> None:
        """Check what is asked for.

        Raises:
            SerError: if this machine or the model can't do it.
        """
        if request == self._served:  # going back is always possible
            return
        backend = choose_backend(request.backend)
        backend.check(self.model)
        backend.check_precision(self.model, request.precision)

    def switch(self, request: Request, engines: EngineOptions) -> None:
        """Begin to open another session, unless this one was asked for already.

        What is still being built for an earlier request is given up.
        """
        if request != self._requested:
            self._requested = request
            self.problem = ''
            overtaken, self._given_up = self._given_up, threading.Event()
            self.thread.switch(request, self._opener(request, engines))
            overtaken.set()

    def settle(self) -> Optional[Request]:
        """Give up what could not be opened; return what serves instead, or None."""
        if self.thread.switching or self._requested == self._served:
            return None
        self._requested = self._served
        return self._served

    def close(self) -> None:
        """Give everything back; an engine that is being built is given up."""
        self._given_up.set()
        self.thread.close()

    def values(self) -> Dict[str, Any]:
        """Return what the diagnostics say of it."""
        session = self.classifier.session
        return {
            'overload drops': self.thread.overloads, 'backend': session.backend,
            'precision': session.precision,
            'model': f'{session.info.name} {session.info.version}'}

    def _opener(self, request: Request, engines: EngineOptions) -> Callable[[], Classifier]:
        given_up = self._given_up
        engines = engines._replace(
            cancelled=lambda: given_up.is_set() or stopping.requested())

        def open_classifier() -> Classifier:
            try:
                session = choose_backend(request.backend, self.model).open(
                    self.model, request.precision, self._threads, engines)
                return Classifier(session, self._emotions)
            finally:
                self._progress.clear()

        return open_classifier

    def _open_first(self, request: Request, engines: EngineOptions) -> Classifier:
        """Open the requested session; with auto a robot must not stay deaf without an engine."""
        try:
            return self._opener(request, engines)()
        except SerError as error:
            if stopping.requested() or not may_fall_back(request.backend):
                raise
            self.problem = f'using {FALLBACK} because {choose_backend(AUTO).name} failed: {error}'
            self._log.error(self.problem)
        return self._opener(request._replace(backend=FALLBACK), engines)()

    # Called in the threads of the inference thread.

    def _on_switched(self, request: Request, classifier: Classifier) -> None:
        self._served, self.classifier = request, classifier
        self.slow = ''
        if request == self._requested:
            self.problem = ''  # the failure of an earlier request may have come late
        self._log.info(
            f'now running on {classifier.session.backend} in {classifier.session.precision}')
        self._on_changed()

    def _on_switch_failed(self, request: Request, error: SerError) -> None:
        self.problem = f'switching to {request.backend}/{request.precision} failed: {error}'
        active = self.classifier.session
        self._log.error(f'{self.problem}; {active.backend}/{active.precision} stays active')
        self._on_changed()

    def _on_slow(self, pace: Pace, period_s: float) -> None:
        session = self.classifier.session
        self.slow = (
            f'too slow for a period of {period_s:g} s: {session.info.name} takes '
            f'{pace.window_s:.2f} s for a window on {session.backend} in {session.precision}, so '
            f'windows are dropped, or a file waits. {_remedy(pace.holding_period_s)}')
        self._log.warning(self.slow)


def _remedy(period_s: float) -> str:
    other = 'precision int8, more threads, a GPU or a smaller model'
    if period_s > MAX_PERIOD_S:
        return f'No period up to {MAX_PERIOD_S:g} s would hold: choose {other}'
    return f'A period of {period_s:g} s in feature_extraction would hold, or choose {other}'
