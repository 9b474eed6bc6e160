# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A model that is too slow for the period: what is dropped, what is said, and the latency."""

import functools
import math
import threading
import time
from typing import NamedTuple

import numpy as np
import pytest
from fake_sessions import PATIENCE_S, SHAPE, FakeBackend, FakeSession

from ser_ros.inference.classifier import Classifier
from ser_ros.inference.inference_thread import QUEUE_SIZE, InferenceThread
from ser_ros.inference.pace import Pace

IMAGE = np.zeros(SHAPE, np.float32)
PERIOD_S = 1.0


class Window(NamedTuple):
    """A window by its number, and when it is submitted [s]."""

    number: int
    due_s: float


class Simulation:
    """The real inference thread with a model that takes as long as the test's clock says.

    Attributes:
        costs_s: time for single windows by number, others take ``cost_s``.
        awaited_from_s: from when on the sound waits for the answers.
        latencies: number and latency [s] of each window that was answered.
        said: what on_slow got.
    """

    def __init__(self, cost_s, warm_up_s=0.0, period_s=PERIOD_S):
        self.cost_s, self.period_s = cost_s, period_s
        self.costs_s = {}
        self.awaited_from_s = math.inf
        self.now_s = 0.0
        self.latencies = []
        self.said = []
        self._taken = self._submitted = 0
        self._busy_until_s = None
        self._may_answer = threading.Semaphore(0)
        session = FakeSession(answer=self._answer)
        session.warm_up_s = warm_up_s
        self.thread = InferenceThread(
            Classifier(session), lambda window, classifier: classifier.probabilities(IMAGE),
            self._on_result, self._fail, self._fail, self._fail,
            on_slow=lambda pace, period_s: self.said.append((pace.window_s, period_s)),
            is_awaited=lambda: self.now_s >= self.awaited_from_s,
            clock=lambda: self.now_s)

    def _answer(self, image):
        self._taken += 1
        assert self._may_answer.acquire(timeout=PATIENCE_S)
        return [0., 0., 0.]

    def _on_result(self, window, probabilities, classifier):
        self.latencies.append((window.number, self.now_s - window.due_s))

    def _fail(self, *arguments):
        raise AssertionError(arguments)

    def run(self, windows):
        """Submit a window every second; return the numbers of all that were answered."""
        first_s = math.ceil(self.now_s)
        for due_s in range(first_s, first_s + windows):
            self._answer_until(due_s)
            self.now_s = due_s
            self.thread.submit(Window(self._submitted, due_s), self.period_s)
            self._submitted += 1
            if self._busy_until_s is None:
                self._settle()
        self._answer_until(math.inf)
        return [number for number, _ in self.latencies]

    def _answer_until(self, end_s):
        while self._busy_until_s is not None and self._busy_until_s <= end_s:
            self.now_s = self._busy_until_s
            answered = len(self.latencies) + 1
            self._may_answer.release()
            wait_until(functools.partial(self._has_answered, answered))
            self._settle()

    def _has_answered(self, count):
        return len(self.latencies) == count

    def _settle(self):
        """Wait until every window is answered, in work, waiting, or dropped."""
        answered = len(self.latencies)
        wait_until(lambda: self._taken > answered
                   or answered + self.thread.overloads == self._submitted)
        self._busy_until_s = None
        if self._taken > answered:
            self._busy_until_s = self.now_s + self.costs_s.get(answered, self.cost_s)


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, 'did not come true'
        time.sleep(0.001)


@pytest.fixture
def simulate():
    """Return a function that makes a simulation; its thread is ended after the test."""
    made = []

    def make(*arguments, **options):
        made.append(Simulation(*arguments, **options))
        return made[-1]

    yield make
    for simulation in made:
        simulation.thread.close()


@pytest.mark.parametrize('cost_s, answered', [
    (1.2, [0, 1, 2, 3, 5, 6, 7, 8]), (1.5, [0, 2, 4, 6, 8]), (1.85, [0, 2, 4, 6, 8])])
def test_a_slow_model_answers_within_two_periods(simulate, cost_s, answered):
    simulation = simulate(cost_s, warm_up_s=cost_s)
    assert simulation.run(10)[:len(answered)] == answered
    assert max(latency for _, latency in simulation.latencies) < 2 * PERIOD_S
    assert simulation.thread.overloads == 10 - len(simulation.latencies)
    assert simulation.said == [(pytest.approx(cost_s), PERIOD_S)]


def test_a_model_slower_than_that_answers_what_comes_when_it_is_free(simulate):
    simulation = simulate(3.5, warm_up_s=3.5)
    assert simulation.run(12) == [0, 4, 8]
    assert [latency for _, latency in simulation.latencies] == [pytest.approx(3.5)] * 3
    assert len(simulation.said) == 1


def test_without_a_warm_up_it_takes_three_windows_to_know(simulate):
    simulation = simulate(1.5)
    assert simulation.run(9)[:3] == [0, 1, 2]
    assert simulation.latencies[-1][1] < 2 * PERIOD_S


@pytest.mark.parametrize('cost_s, period_s', [(0.9, PERIOD_S), (1.0, PERIOD_S), (1.5, 0.0)])
def test_no_window_is_dropped_where_the_model_keeps_up_or_no_period_is_known(
        simulate, cost_s, period_s):
    simulation = simulate(cost_s, warm_up_s=cost_s, period_s=period_s)
    assert simulation.run(10) == list(range(10))
    assert (simulation.thread.overloads, simulation.said) == (0, [])


def test_one_slow_window_changes_nothing(simulate):
    simulation = simulate(0.5, warm_up_s=0.5)
    simulation.run(3)
    simulation.costs_s[4] = 4.5
    assert simulation.run(8) == list(range(11))
    assert max(latency for _, latency in simulation.latencies) == 4.5
    assert (simulation.thread.overloads, simulation.said) == (0, [])


def test_the_queue_stays_limited(simulate):
    simulation = simulate(100.0, warm_up_s=0.1, period_s=0.0)
    simulation.run(QUEUE_SIZE + 5)
    assert simulation.thread.overloads == 4


@pytest.mark.parametrize('awaited_from_s', [0.0, 1.2])
def test_nothing_is_dropped_while_the_sound_waits(simulate, awaited_from_s):
    """It counts when a window's turn comes: the graph is not known at once."""
    simulation = simulate(1.5, warm_up_s=1.5)
    simulation.awaited_from_s = awaited_from_s
    assert simulation.run(30) == list(range(30))
    assert simulation.thread.overloads == 0


def test_another_model_is_measured_again_and_said_again(simulate):
    simulation = simulate(1.5, warm_up_s=1.5)
    simulation.run(9)
    assert len(simulation.said) == 1
    switched = threading.Event()
    simulation.thread._on_switched = lambda *_: switched.set()
    session = FakeSession(answer=simulation._answer)
    simulation.thread.switch('other', lambda: Classifier(session))
    assert switched.wait(PATIENCE_S)
    simulation.run(9)
    assert len(simulation.said) == 2


def test_the_least_of_three_times_counts():
    pace = Pace(0.4)
    assert pace.window_s == 0.4
    for time_s in 2.0, 1.3, 1.4:
        assert not pace.is_slow(1.0)
        pace.add(time_s)
    assert pace.window_s == 1.3
    assert pace.is_slow(1.0)
    assert not pace.is_slow(1.3)
    assert not pace.is_slow(0.0)
    assert not pace.is_slow(float('nan'))
    assert pace.holding_period_s == pytest.approx(1.6)


def test_loading_measures_the_first_window(monkeypatch):
    session = FakeSession()
    model = type('Model', (), {'info': session.info, 'precisions': ('fp32',)})
    assert session.warm_up_s == 0.0
    assert FakeBackend(session=session).open(model, 'fp32') is session
    assert session.warm_up_s > 0.0
