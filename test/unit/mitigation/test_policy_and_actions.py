# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Policy, actions and memory together, with a policy that follows a script."""

from dataclasses import replace

import pytest

from ser_ros.mitigation.actions.base import Outlets
from ser_ros.mitigation.actions.runner import ActionRunner
from ser_ros.mitigation.memory import Memory
from ser_ros.mitigation.phases import ActionCall, Event, Phase, RunStep, StopActions
from ser_ros.mitigation.responder import Responder


class ScriptedPolicy:
    """Gives the commands that a test puts into it, and notes what it is asked."""

    def __init__(self):
        self.changes = 0
        self.memory = Memory()
        self.commands = []
        self.asked = []

    def _answer(self, *asked):
        self.asked.append(asked)
        commands, self.commands = self.commands, []
        self.changes += bool(commands)
        return commands

    def update(self, now, estimate):
        return self._answer('update')

    def tick(self, now):
        return self._answer('tick')

    def actions_run(self, now, running):
        self.asked.append(('running', running))
        return []

    def close(self, now, phase):
        return self._answer('close', phase)


class FakeNow:
    s = 0.0


@pytest.fixture
def done():
    return []


@pytest.fixture
def policy():
    return ScriptedPolicy()


@pytest.fixture
def responder(done, policy):
    class File:
        def store(self, memory):
            done.append('store')

    outlets = Outlets(
        publish_text=lambda text: done.append(text),
        publish_speed=lambda scale: done.append(scale))
    return Responder(policy, ActionRunner(outlets), File(), lambda event: done.append(event.phase))


STARTED = Event(Phase.STARTED, 'anger', 'calm', 'Hi.', 'en', 1, 0.9, 0.0)
STOPPED = replace(STARTED, phase=Phase.STOPPED)
SAY = RunStep((ActionCall('say', None, 'Hi.', 'en'),))
SLOW = RunStep((ActionCall('slow_down', None),))


def test_what_is_decided_is_stored_before_it_is_done(responder, policy, done):
    policy.commands = [STARTED, SAY]
    responder.update(FakeNow, None)
    assert done == ['store', Phase.STARTED, 'Hi.']


def test_the_policy_hears_at_once_that_an_action_runs_and_when_it_ends(responder, policy):
    policy.commands = [STARTED, SAY]
    responder.update(FakeNow, None)
    assert policy.asked == [('update',), ('running', True)]
    late = FakeNow()
    late.s = 20.0
    responder.tick(late)
    assert policy.asked[2:] == [('running', False), ('tick',)]


def test_nobody_waits_for_what_lasts(responder, policy):
    policy.commands = [STARTED, SLOW]
    responder.update(FakeNow, None)
    assert ('running', True) not in policy.asked
    assert responder.runner.running == ('slow_down',)


def test_the_end(responder, policy, done):
    policy.commands = [STARTED, SAY, SLOW]
    responder.update(FakeNow, None)
    policy.commands = [STOPPED, StopActions()]
    responder.end(FakeNow)
    assert responder.runner.running == ()
    assert done[-3:] == ['store', Phase.STOPPED, 1.0]
    assert policy.asked[-1] == ('running', False)
    responder.end(FakeNow)
    assert done[-3:] == ['store', Phase.STOPPED, 1.0]


def test_it_waits_while_the_robot_speaks_for_another_reason(policy, responder, monkeypatch):
    speaks = [True]
    monkeypatch.setattr(responder, '_robot_speaks', lambda: speaks[0])
    responder.tick(FakeNow)
    assert policy.asked == [('running', True), ('tick',)]
    speaks[0] = False
    responder.tick(FakeNow)
    assert policy.asked[2:] == [('running', False), ('tick',)]
