# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which session of a model serves, and how another one takes its place."""

import threading
from typing import NamedTuple

from ser_ros.errors import SerError
from ser_ros.inference.classifier import Classifier
from ser_ros.inference.inference_thread import InferenceThread
from ser_ros.inference.registry import AUTO, FALLBACK, choose_backend, may_fall_back
from ser_ros.nodes import stopping


class Request(NamedTuple):
    """What decides on the session, by the names of the parameters; they change together."""

    backend: str
    precision: str


class Serving:
    """
    A model and the session that runs it, which can be exchanged while windows come in.

    Attributes
    ----------
    model: that is run.
    classifier: that serves now.
    thread: the inference thread that runs it.
    problem: why something else serves than was asked for last; '' where all is well.

    """

    def __init__(self, model, threads, emotions, progress, log):
        """
        Open nothing yet.

        :param threads, emotions: the parameters of these names; they hold for every session.
        :param progress: a BuildProgress, to be cleared when an opening ends.
        :param log: takes lines, as ``log.info(text)`` and ``log.error(text)``.
        """
        self.model = model
        self.classifier = None
        self.thread = None
        self.problem = ''
        self._threads = threads
        self._emotions = emotions
        self._progress = progress
        self._log = log
        self._served = None
        self._requested = None
        self._on_changed = None
        self._given_up = threading.Event()  # what is being opened; another one for each request

    def start(self, request, engines, to_input, on_result, on_failed, on_changed):
        """
        Open the first session and the thread in which it serves.

        :param engines: the EngineOptions; building one may take minutes.
        :param to_input, on_result, on_failed: see `InferenceThread`.
        :param on_changed: called in some thread when `settle` has something to settle.
        :raises SerError: if it can't be opened.
        """
        self._served = self._requested = request
        self._on_changed = on_changed
        self.classifier = self._open_first(request, engines)
        self.thread = InferenceThread(
            self.classifier, to_input=to_input, on_result=on_result, on_failed=on_failed,
            on_switched=self._on_switched, on_switch_failed=self._on_switch_failed)

    def check(self, request):
        """:raises SerError: if this machine or the model can't do what is asked for."""
        if request == self._served:  # going back is always possible
            return
        backend = choose_backend(request.backend)
        offered = backend.precisions(self.model)
        if request.precision not in offered:
            raise SerError(
                f"{backend.name} offers no {request.precision} for the model "
                f"{self.model.info.name}; offered: {', '.join(offered)}")

    def switch(self, request, engines):
        """
        Begin to open another session, unless this one was asked for already.

        What is still being built for an earlier request is given up.
        """
        if request != self._requested:
            self._requested = request
            self.problem = ''
            overtaken, self._given_up = self._given_up, threading.Event()
            self.thread.switch(request, self._opener(request, engines))
            overtaken.set()

    def settle(self):
        """Give up what could not be opened; return what serves instead, or None."""
        if self.thread.switching or self._requested == self._served:
            return None
        self._requested = self._served
        return self._served

    def close(self):
        """Give everything back; an engine that is being built is given up."""
        self._given_up.set()
        self.thread.close()

    def values(self):
        """Return what the diagnostics say of it."""
        session = self.classifier.session
        return {
            'overload drops': self.thread.overloads, 'backend': session.backend,
            'precision': session.precision,
            'model': f'{session.info.name} {session.info.version}'}

    def _opener(self, request, engines):
        given_up = self._given_up
        engines = engines._replace(
            cancelled=lambda: given_up.is_set() or stopping.requested())

        def open_classifier():
            try:
                session = choose_backend(request.backend).open(
                    self.model, request.precision, self._threads, engines)
                return Classifier(session, self._emotions)
            finally:
                self._progress.clear()

        return open_classifier

    def _open_first(self, request, engines):
        """Open what is asked for; with auto a robot must not stay deaf for want of an engine."""
        try:
            return self._opener(request, engines)()
        except SerError as error:
            if stopping.requested() or not may_fall_back(request.backend):
                raise
            self._fail(f'{FALLBACK} serves instead of {choose_backend(AUTO).name}: {error}')
        return self._opener(request._replace(backend=FALLBACK), engines)()

    # Called in the threads of the inference thread.

    def _on_switched(self, request, classifier):
        self._served, self.classifier = request, classifier
        if request == self._requested:
            self.problem = ''  # a failure of the one before it may have been told late
        self._log.info(
            f'now serving on {classifier.session.backend} in {classifier.session.precision}')
        self._on_changed()

    def _on_switch_failed(self, request, error):
        self._fail(f'no change to {request.backend} in {request.precision}: {error}')
        self._on_changed()

    def _fail(self, problem):
        self.problem = problem
        self._log.error(problem)
