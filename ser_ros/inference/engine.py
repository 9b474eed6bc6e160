# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The thread that runs windows in order, and changes the model under them without losing one."""

import collections
import threading
from typing import Any, Callable, Optional

import numpy as np

from ser_ros.errors import SerError
from ser_ros.inference.classifier import Classifier

# Windows that may wait: 4 s at the default period. More would be stale before their turn.
QUEUE_SIZE = 8

Opener = Callable[[], Classifier]


class InferenceEngine:
    """
    Serve one classifier from one thread; open the next one in another.

    The classifier in use is touched by the inference thread alone, from the first window to
    ``close``: a GPU context is current only in the thread that uses it. A new one is opened in a
    worker while the old one goes on serving, and takes over between two windows. Of several
    requests that come while one is being opened, only the latest is kept.

    The callbacks are called in the engine's threads; they must not raise.

    :param classifier: serves first.
    :param on_result: ``(item, probabilities or None, classifier)``, for every window in the order
        of ``submit``.
    :param on_failed: ``(item, SerError)``, instead of on_result where a window can't be run.
    :param on_switched: ``(request, classifier)``, once the new one serves.
    :param on_switch_failed: ``(request, SerError)``; the old one goes on serving.
    """

    def __init__(
        self, classifier: Classifier,
        on_result: Callable[[Any, Optional[np.ndarray], Classifier], None],
        on_failed: Callable[[Any, SerError], None],
        on_switched: Callable[[Any, Classifier], None],
        on_switch_failed: Callable[[Any, SerError], None],
    ) -> None:
        self._classifier = classifier
        self._on_result = on_result
        self._on_failed = on_failed
        self._on_switched = on_switched
        self._on_switch_failed = on_switch_failed
        self._changed = threading.Condition()
        # All of these are guarded by _changed.
        self._windows = collections.deque()  # type: collections.deque
        self._busy = False
        self._closing = False
        self._wanted = None  # type: Optional[tuple]  # (request, opener), not yet begun
        self._opening = False
        self._ready = None  # type: Optional[tuple]  # (request, classifier), to take over
        self.overloads = 0
        self._inference = threading.Thread(
            target=self._serve, name='ser_ros inference', daemon=True)
        self._opener = threading.Thread(
            target=self._open, name='ser_ros model loading', daemon=True)
        self._inference.start()
        self._opener.start()

    @property
    def switching(self) -> bool:
        """Whether a new classifier is asked for, being opened, or about to take over."""
        with self._changed:
            return self._wanted is not None or self._opening or self._ready is not None

    def submit(self, item: Any, image: Optional[np.ndarray]) -> None:
        """
        Queue a window; where the queue is full, the oldest is dropped and counted.

        :param item: handed to the callbacks as it is.
        :param image: float32, the model's input; None for a window without speech, which only
            keeps its place in the order.
        """
        with self._changed:
            if len(self._windows) >= QUEUE_SIZE:
                self._windows.popleft()
                self.overloads += 1
            self._windows.append((item, image))
            self._changed.notify_all()

    def switch(self, request: Any, opener: Opener) -> None:
        """Open another classifier and let it take over; return at once."""
        with self._changed:
            self._wanted = (request, opener)
            self._changed.notify_all()

    def flush(self) -> None:
        """Drop the windows that wait and return when the one in work is done."""
        with self._changed:
            self._windows.clear()
            self._changed.wait_for(lambda: not self._busy)

    def close(self) -> None:
        """End the threads and close the classifier; an opening under way is thrown away."""
        with self._changed:
            self._closing = True
            self._windows.clear()
            self._wanted = None
            self._changed.notify_all()
        self._inference.join()
        # Not joined: building an engine may take minutes, and its result is closed when it comes.

    # The inference thread.

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._closing or self._ready is not None or self._windows)
                if self._closing:
                    break
                ready, self._ready = self._ready, None
                window = self._windows.popleft() if self._windows else None
                self._busy = window is not None
            if ready is not None:
                self._take_over(*ready)
            if window is not None:
                self._run(*window)
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()
        if self._ready is not None:
            self._ready[1].close()
        self._classifier.close()

    def _take_over(self, request: Any, classifier: Classifier) -> None:
        old, self._classifier = self._classifier, classifier
        old.close()
        self._on_switched(request, classifier)

    def _run(self, item: Any, image: Optional[np.ndarray]) -> None:
        try:
            probabilities = None if image is None else self._classifier.probabilities(image)
        except SerError as error:
            self._on_failed(item, error)
            return
        self._on_result(item, probabilities, self._classifier)

    # The loading thread.

    def _open(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._wanted is not None)
                if self._closing:
                    return
                (request, opener), self._wanted = self._wanted, None
                self._opening = True
            classifier, error = _attempt(opener)
            self._hand_over(request, classifier, error)

    def _hand_over(
        self, request: Any, classifier: Optional[Classifier], error: Optional[SerError],
    ) -> None:
        with self._changed:
            self._opening = False
            superseded = self._closing or self._wanted is not None
            unused = None
            if classifier is not None and superseded:
                unused = classifier
            elif classifier is not None:
                unused = self._ready[1] if self._ready is not None else None
                self._ready = (request, classifier)
            self._changed.notify_all()
        if unused is not None:
            unused.close()
        if error is not None and not superseded:
            self._on_switch_failed(request, error)


def _attempt(opener: Opener):
    try:
        return opener(), None
    except SerError as error:
        return None, error
