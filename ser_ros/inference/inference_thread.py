# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The thread that runs windows in order, and changes the model under them without losing one."""

import collections
import threading
import time
from typing import Any, Callable, Deque, NamedTuple, Optional, Tuple

import numpy as np

from ser_ros.errors import SerError
from ser_ros.inference.classifier import Classifier
from ser_ros.inference.pace import Pace

# Windows that may wait: 4 s at the default period. More would be stale before their turn.
QUEUE_SIZE = 8
# Windows that may wait while the sound waits for them. Far fewer are ever under way.
PATIENT_QUEUE_SIZE = 64
# A runtime or driver that hangs must not keep the node from ending.
MAX_WAIT_S = 2.0

Opener = Callable[[], Classifier]


class _Queued(NamedTuple):
    """A window that waits for its turn.

    Attributes:
        window: as it was submitted.
        period_s: time to the next window [s], 0 if not known.
        since_s: when it began to wait; None if nothing was in work.
    """

    window: Any
    period_s: float
    since_s: Optional[float]


class InferenceThread:
    """Serve one classifier from one thread; open the next one in another.

    The classifier in use is touched by the inference thread alone, from the first window to
    ``close``: a GPU context is current only in the thread that uses it. A new one is opened in a
    worker while the old one goes on serving, and takes over between two windows. Of several
    requests that come while one is being opened, only the latest is kept; those that are
    overtaken get no callback.

    Where the model takes longer than the period of the windows, those are dropped whose answer
    would come later than two periods after them. So the latency does not grow.

    The callbacks are called in the engine's threads; they must not raise.

    Args:
        classifier: the first to serve. This thread closes it.
        ask: called with ``(window, classifier)`` at the window's turn, in the inference thread.
            Returns what the classifier says, or None for a window that it need not see (silence),
            which only keeps its place in the order.
        on_result: called with ``(window, probabilities or None, classifier)`` for every window,
            in the order of ``submit``, in the inference thread.
        on_failed: called with ``(window, SerError)`` instead of on_result where ``ask`` raises
            it.
        on_switched: called with ``(request, classifier)`` once the new one serves.
        on_switch_failed: called with ``(request, SerError)``; the old one goes on serving.
        on_slow: called with ``(pace, period_s)`` once for each classifier that takes longer than
            a period, in the inference thread.
        is_awaited: returns whether the sound waits for the answers, so that none is ever too
            late. It is asked when a window is about to be dropped, in any thread.
        clock: returns the time [s].
    """

    def __init__(
        self, classifier: Classifier,
        ask: Callable[[Any, Classifier], Optional[np.ndarray]],
        on_result: Callable[[Any, Optional[np.ndarray], Classifier], None],
        on_failed: Callable[[Any, SerError], None],
        on_switched: Callable[[Any, Classifier], None],
        on_switch_failed: Callable[[Any, SerError], None],
        on_slow: Callable[[Pace, float], None] = lambda pace, period_s: None,
        is_awaited: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._classifier = classifier
        self._ask = ask
        self._on_result = on_result
        self._on_failed = on_failed
        self._on_switched = on_switched
        self._on_switch_failed = on_switch_failed
        self._on_slow = on_slow
        self._is_awaited = is_awaited
        self._clock = clock
        # Both are touched by the inference thread alone.
        self._pace = Pace(classifier.session.warm_up_s)
        self._is_known_slow = False
        self._changed = threading.Condition()
        # All of these are guarded by _changed.
        self._windows: Deque[_Queued] = collections.deque()
        self._busy = False
        self._closing = False
        self._wanted: Optional[Tuple[Any, Opener]] = None  # opened after the one in work
        self._opening = False
        self._ready: Optional[Tuple[Any, Classifier]] = None  # takes over before the next window
        self._taking_over = False
        self.overloads = 0
        self._thread = threading.Thread(
            target=self._serve, name='ser_ros inference', daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether windows are served: False after close, and if a bug has ended the thread."""
        return self._thread.is_alive()

    @property
    def switching(self) -> bool:
        """Whether a new classifier is asked for, being opened, or about to take over."""
        with self._changed:
            return self._opening or self._ready is not None or self._taking_over

    def submit(self, window: Any, period_s: float = 0.0) -> None:
        """Queue a window; where the queue is full, the oldest one is dropped and counted.

        Args:
            window: handed to the callbacks as it is.
            period_s: time to the next window [s]; 0 if not known.
        """
        with self._changed:
            if self._closing:
                return
            waiting = len(self._windows)
            if waiting >= PATIENT_QUEUE_SIZE or (
                    waiting >= QUEUE_SIZE and not self._is_awaited()):
                self._windows.popleft()
                self.overloads += 1
            waits = self._busy or self._windows
            self._windows.append(_Queued(window, period_s, self._clock() if waits else None))
            self._changed.notify_all()

    def switch(self, request: Any, opener: Opener) -> None:
        """Open another classifier and let it take over; return at once.

        Args:
            request: handed to the callbacks as it is.
            opener: returns the classifier or raises SerError; called in a worker thread.
        """
        with self._changed:
            if self._closing:
                return
            self._wanted = (request, opener)
            if not self._opening:
                self._start_opening()

    def flush(self) -> None:
        """Drop the windows that wait; return when the one in work is done, or after MAX_WAIT_S."""
        with self._changed:
            self._windows.clear()
            if threading.current_thread() is not self._thread:
                self._changed.wait_for(lambda: not self._busy, MAX_WAIT_S)

    def close(self) -> None:
        """End the inference thread and close the classifier; wait for MAX_WAIT_S at most.

        The worker is not waited for: building an engine may take minutes. What it opens is closed
        when it comes.
        """
        with self._changed:
            self._closing = True
            self._windows.clear()
            self._wanted = None
            self._changed.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join(MAX_WAIT_S)

    # The inference thread.

    def _serve(self) -> None:
        try:
            while self._serve_next():
                pass
        finally:
            with self._changed:
                self._busy = False
                self._closing = True
                ready, self._ready = self._ready, None
                self._changed.notify_all()
            if ready is not None:
                ready[1].close()
            self._classifier.close()

    def _serve_next(self) -> bool:
        """Wait for a classifier or a window, and take it; return False at the end."""
        with self._changed:
            self._busy = False
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._closing or self._ready is not None or self._windows)
            if self._closing:
                return False
            ready, self._ready = self._ready, None
            self._taking_over = ready is not None
            queued = self._next_in_time()
            self._busy = queued is not None
        if ready is not None:
            self._take_over(*ready)
        if queued is not None:
            self._run(queued)
        return True

    def _next_in_time(self) -> Optional[_Queued]:
        """Take the next window; drop and count those that are too late for a slow model."""
        while self._windows:
            queued = self._windows.popleft()
            if not self._is_late(queued) or self._is_awaited():
                return queued
            self.overloads += 1
        return None

    def _is_late(self, queued: _Queued) -> bool:
        return queued.since_s is not None and self._pace.is_late(
            self._clock() - queued.since_s, queued.period_s)

    def _take_over(self, request: Any, classifier: Classifier) -> None:
        old, self._classifier = self._classifier, classifier
        self._pace, self._is_known_slow = Pace(classifier.session.warm_up_s), False
        old.close()
        with self._changed:
            self._taking_over = False
        self._on_switched(request, classifier)

    def _run(self, queued: _Queued) -> None:
        start_s = self._clock()
        try:
            probabilities = self._ask(queued.window, self._classifier)
        except SerError as error:
            self._on_failed(queued.window, error)
            return
        if probabilities is not None:  # of silence the model was not asked
            self._measure(self._clock() - start_s, queued.period_s)
        self._on_result(queued.window, probabilities, self._classifier)

    def _measure(self, time_s: float, period_s: float) -> None:
        self._pace.add(time_s)
        if not self._is_known_slow and self._pace.is_slow(period_s):
            self._is_known_slow = True
            self._on_slow(self._pace, period_s)

    # The worker, a thread for each classifier that is opened.

    def _start_opening(self) -> None:
        assert self._wanted is not None
        (request, opener), self._wanted = self._wanted, None
        self._opening = True
        threading.Thread(target=self._open, args=(request, opener), daemon=True,
                         name='ser_ros model loading').start()

    def _open(self, request: Any, opener: Opener) -> None:
        classifier = None
        error = SerError('an internal error, whose traceback is in the log')
        try:
            classifier = opener()
        except SerError as reason:
            error = reason
        finally:  # also where a bug ends the thread: whoever asked must not wait for ever
            self._hand_over(request, classifier, error)

    def _hand_over(self, request: Any, classifier: Optional[Classifier], error: SerError) -> None:
        unused = None
        with self._changed:
            overtaken = self._closing or self._wanted is not None
            if overtaken:
                unused = classifier
            elif classifier is not None:
                unused = self._ready[1] if self._ready is not None else None
                self._ready = (request, classifier)
            self._opening = False
            if self._wanted is not None:
                self._start_opening()
            self._changed.notify_all()
        if unused is not None:
            unused.close()
        if classifier is None and not overtaken:
            self._on_switch_failed(request, error)
