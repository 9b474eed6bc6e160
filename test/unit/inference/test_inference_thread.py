# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The inference thread: order, overload, switching under load, failures, and an end that comes."""

import queue
import threading
import time
from typing import Any, NamedTuple, Optional

import numpy as np
import pytest
from fake_sessions import PATIENCE_S, SHAPE, FakeSession

from ser_ros.errors import SerError
from ser_ros.inference import inference_thread as engine_module
from ser_ros.inference.classifier import Classifier
from ser_ros.inference.inference_thread import QUEUE_SIZE, InferenceThread

IMAGE = np.zeros(SHAPE, np.float32)


class Window(NamedTuple):
    """A window by its name; image: None where nobody speaks."""

    name: Any
    image: Optional[np.ndarray]


def ask(window, classifier):
    assert threading.current_thread().name == 'ser_ros inference'
    return None if window.image is None else classifier.probabilities(window.image)


class Events:
    """The engine's callbacks, each of which puts what came into a queue."""

    def __init__(self):
        self.results = queue.Queue()
        self.failures = queue.Queue()
        self.switches = queue.Queue()
        self.switch_failures = queue.Queue()

    def engine(self, classifier):
        return InferenceThread(
            classifier, ask, *(lambda *args, target=target: target.put(args) for target in (
                self.results, self.failures, self.switches, self.switch_failures)))

    def result(self):
        return self.results.get(timeout=PATIENCE_S)

    def switched(self):
        return self.switches.get(timeout=PATIENCE_S)

    def switch_failed(self):
        return self.switch_failures.get(timeout=PATIENCE_S)


class Gate:
    """An answer that waits until it is opened."""

    def __init__(self):
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self, image):
        self.entered.set()
        assert self.opened.wait(PATIENCE_S)
        return [0., 0., 0.]


@pytest.fixture
def events():
    return Events()


@pytest.fixture
def start(events):
    """Return a function that starts an engine, which is closed after the test."""
    engines = []

    def start_engine(session=None):
        engines.append(events.engine(Classifier(session or FakeSession())))
        return engines[-1]

    yield start_engine
    for engine in engines:
        engine.close()


def opener(session):
    return lambda: Classifier(session)


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, 'did not come true'
        time.sleep(0.001)


def test_windows_are_answered_in_order(start, events):
    engine = start()
    for number in range(QUEUE_SIZE):
        engine.submit(Window(number, None if number % 3 else np.full(SHAPE, number, np.float32)))
    for number in range(QUEUE_SIZE):
        window, probabilities, classifier = events.result()
        assert window.name == number
        assert classifier.session.precision == 'fp32'
        if number % 3:
            assert probabilities is None
        else:
            np.testing.assert_allclose(probabilities, np.full(3, 1 / 3), rtol=1e-6)
    assert engine.overloads == 0
    assert engine.alive


def test_overload_drops_the_oldest_and_counts(start, events):
    gate = Gate()
    engine = start(FakeSession(answer=gate))
    engine.submit(Window('first', IMAGE))
    assert gate.entered.wait(PATIENCE_S)
    for number in range(QUEUE_SIZE + 3):
        engine.submit(Window(number, None))
    gate.opened.set()
    assert events.result()[0].name == 'first'
    assert [events.result()[0].name for _ in range(QUEUE_SIZE)] == list(range(3, QUEUE_SIZE + 3))
    assert engine.overloads == 3


def test_a_window_that_fails_is_reported_and_the_next_is_served(start, events):
    engine = start()
    engine.submit(Window('wrong', np.zeros((5, 5), np.float32)))
    engine.submit(Window('right', IMAGE))
    window, error = events.failures.get(timeout=PATIENCE_S)
    assert window.name == 'wrong'
    assert 'takes float32 [1, 2, 2], got float32 [5, 5]' in str(error)
    assert events.result()[0].name == 'right'


def test_the_old_classifier_serves_until_the_new_one_is_there(start, events):
    old, new, release = FakeSession(), FakeSession('fp16'), threading.Event()
    engine = start(old)

    def open_new():
        assert release.wait(PATIENCE_S)
        return Classifier(new)

    engine.switch('request', open_new)
    assert engine.switching
    engine.submit(Window(1, IMAGE))
    assert events.result()[2].session is old
    release.set()
    request, classifier = events.switched()
    assert (request, classifier.session) == ('request', new)
    assert not engine.switching
    engine.submit(Window(2, IMAGE))
    assert events.result()[2].session is new
    assert old.closed.is_set()
    engine.close()
    assert new.closed.is_set()


def test_sessions_are_run_and_closed_in_one_thread(start, events):
    sessions = [FakeSession() for _ in range(4)]
    engine = start(sessions[0])
    for session in sessions[1:]:
        engine.switch('request', opener(session))
        events.switched()
        engine.submit(Window('window', IMAGE))
        events.result()
    engine.close()
    names = set().union(*(session.threads for session in sessions))
    assert len(names) == 1
    assert threading.current_thread().name not in names


def test_it_is_switching_until_the_old_one_is_closed(start, events):
    """A GPU gives memory back slowly; nobody may take the request for failed meanwhile."""
    closing, release = threading.Event(), threading.Event()

    class Slow(FakeSession):
        def close(self):
            closing.set()
            assert release.wait(PATIENCE_S)
            super().close()

    engine = start(Slow())
    engine.switch('request', opener(FakeSession()))
    assert closing.wait(PATIENCE_S)
    try:
        assert engine.switching
    finally:
        release.set()
    events.switched()
    assert not engine.switching


def test_a_failing_switch_says_why_and_the_old_one_serves_on(start, events):
    old = FakeSession()
    engine = start(old)

    def fail():
        raise SerError('no memory for it')

    engine.switch('request', fail)
    request, error = events.switch_failed()
    assert (request, str(error)) == ('request', 'no memory for it')
    assert not engine.switching
    engine.submit(Window(1, IMAGE))
    assert events.result()[2].session is old


@pytest.fixture
def quiet_threads(monkeypatch):
    """Keep the traceback of a thread that a test lets die out of pytest's warnings."""
    monkeypatch.setattr(threading, 'excepthook', lambda _: None, raising=False)


def test_a_bug_in_opening_is_reported_and_later_switches_work(quiet_threads, start, events):
    engine = start()
    engine.switch('buggy', lambda: 1 / 0)
    request, error = events.switch_failed()
    assert request == 'buggy'
    assert 'internal error' in str(error)
    engine.switch('good', opener(FakeSession()))
    assert events.switched()[0] == 'good'
    wait_until(lambda: 'ser_ros model loading' not in [
        thread.name for thread in threading.enumerate()])


def test_the_latest_request_wins(start, events):
    entered, release = threading.Event(), threading.Event()
    overtaken, last = FakeSession(), FakeSession('int8')
    engine = start()

    def open_slowly():
        entered.set()
        assert release.wait(PATIENCE_S)
        return Classifier(overtaken)

    def never():
        raise AssertionError('opened, although it was overtaken before its turn')

    engine.switch('overtaken while it was opened', open_slowly)
    assert entered.wait(PATIENCE_S)
    engine.switch('overtaken before', never)
    engine.switch('last', opener(last))
    release.set()
    assert events.switched()[0] == 'last'
    assert overtaken.closed.wait(PATIENCE_S)
    assert events.switches.empty()
    assert events.switch_failures.empty()


def test_the_failure_of_an_overtaken_request_is_not_reported(start, events):
    entered, release = threading.Event(), threading.Event()
    engine = start()

    def fail_slowly():
        entered.set()
        assert release.wait(PATIENCE_S)
        raise SerError('too late to matter')

    engine.switch('first', fail_slowly)
    assert entered.wait(PATIENCE_S)
    engine.switch('second', opener(FakeSession()))
    release.set()
    assert events.switched()[0] == 'second'
    assert events.switch_failures.empty()


def test_a_ready_classifier_that_is_overtaken_is_closed(start, events):
    gate = Gate()
    engine = start(FakeSession(answer=gate))
    engine.submit(Window('holds the inference thread', IMAGE))
    assert gate.entered.wait(PATIENCE_S)
    first, second = FakeSession(), FakeSession()
    opened = threading.Event()

    def open_second():
        opened.set()
        return Classifier(second)

    engine.switch('first', opener(first))
    wait_until(lambda: engine._ready is not None)
    engine.switch('second', open_second)
    assert opened.wait(PATIENCE_S)
    assert first.closed.wait(PATIENCE_S)
    gate.opened.set()
    assert events.switched()[0] == 'second'


def test_hundreds_of_switches_under_load_lose_nothing(start, events):
    windows, switches = 2000, 300
    session = FakeSession()
    sessions = [session]
    engine = start(session)
    slots = threading.Semaphore(QUEUE_SIZE)

    def feed():
        for number in range(windows):
            assert slots.acquire(timeout=PATIENCE_S)
            engine.submit(Window(number, np.full(SHAPE, number % 5, np.float32)))

    feeder = threading.Thread(target=feed)
    feeder.start()
    received = []
    for number in range(switches):
        sessions.append(FakeSession('fp16' if number % 2 else 'fp32'))
        engine.switch(number, opener(sessions[-1]))
        assert events.switched()[0] == number
        while not events.results.empty():
            received.append(events.result()[0].name)
            slots.release()
    while len(received) < windows:
        received.append(events.result()[0].name)
        slots.release()
    feeder.join()
    assert received == list(range(windows))
    assert engine.overloads == 0
    engine.close()
    assert all(session.closed.is_set() for session in sessions)


def test_flush_drops_what_waits_and_waits_for_what_runs(start, events):
    gate = Gate()
    engine = start(FakeSession(answer=gate))
    engine.submit(Window('in work', IMAGE))
    assert gate.entered.wait(PATIENCE_S)
    engine.submit(Window('waiting', IMAGE))
    threading.Timer(0.05, gate.opened.set).start()
    engine.flush()
    assert events.results.get_nowait()[0].name == 'in work'
    engine.submit(Window('later', IMAGE))
    assert events.result()[0].name == 'later'


def test_flush_and_close_do_not_wait_for_ever(start, events, monkeypatch):
    monkeypatch.setattr(engine_module, 'MAX_WAIT_S', 0.01)
    gate = Gate()
    session = FakeSession(answer=gate)
    engine = start(session)
    engine.submit(Window('hangs', IMAGE))
    assert gate.entered.wait(PATIENCE_S)
    engine.flush()
    engine.close()
    assert engine.alive
    gate.opened.set()
    assert session.closed.wait(PATIENCE_S)
    wait_until(lambda: not engine.alive)


def test_close_while_opening_closes_what_comes_late(start, events):
    entered, release, late = threading.Event(), threading.Event(), FakeSession()
    engine = start()

    def open_slowly():
        entered.set()
        assert release.wait(PATIENCE_S)
        return Classifier(late)

    engine.switch('request', open_slowly)
    assert entered.wait(PATIENCE_S)
    engine.close()
    assert not engine.alive
    release.set()
    assert late.closed.wait(PATIENCE_S)
    assert events.switches.empty()


def test_close_with_a_classifier_that_is_ready(start):
    gate = Gate()
    engine = start(FakeSession(answer=gate))
    engine.submit(Window('holds the inference thread', IMAGE))
    assert gate.entered.wait(PATIENCE_S)
    ready = FakeSession()
    engine.switch('request', opener(ready))
    wait_until(lambda: engine._ready is not None)
    threading.Timer(0.05, gate.opened.set).start()
    engine.close()
    assert ready.closed.is_set()


def test_nothing_happens_after_close(start, events):
    engine = start()
    engine.close()
    engine.close()
    engine.submit(Window('late', IMAGE))
    engine.switch('late', opener(FakeSession()))
    engine.flush()
    assert events.results.empty()
    assert events.switches.empty()
    assert not engine.switching


def test_close_from_a_callback():
    done = threading.Event()
    session = FakeSession()

    def on_result(*_):
        engine.flush()
        engine.close()
        done.set()

    engine = InferenceThread(Classifier(session), ask, on_result, print, print, print)
    engine.submit(Window(1, IMAGE))
    assert done.wait(PATIENCE_S)
    assert session.closed.wait(PATIENCE_S)


def test_a_bug_in_a_callback_ends_the_thread_but_hangs_nobody(quiet_threads):
    session = FakeSession()
    engine = InferenceThread(Classifier(session), ask, lambda *_: 1 / 0, print, print, print)
    engine.submit(Window(1, IMAGE))
    assert session.closed.wait(PATIENCE_S)
    wait_until(lambda: not engine.alive)
    engine.submit(Window(2, IMAGE))
    engine.flush()
    engine.close()
