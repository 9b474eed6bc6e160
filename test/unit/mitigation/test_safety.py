# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Odd estimates, odd time and restarts: the safe state, and what outlasts it."""

import json
import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world import CLOSING, HEARD, NOON, T0, World, calm, config, say, strategy

from ser_ros.emotion.tracker import State
from ser_ros.errors import SerError
from ser_ros.mitigation.estimates import Estimate, Now
from ser_ros.mitigation.memory import Memory, from_dict, to_dict
from ser_ros.mitigation.phases import Event, Phase, RunStep, StopActions, is_closing
from ser_ros.mitigation.policy import MitigationPolicy
from ser_ros.mitigation.strategies import Step

NAN = float('nan')
BAD = [
    ((NAN, State.EMOTION, 'anger', 0.9), 'stamp is nan'),
    ((float('inf'), State.EMOTION, 'anger', 0.9), 'stamp is inf'),
    ((T0, State.EMOTION, 'anger', NAN), 'confidence is nan'),
    ((T0, State.EMOTION, 'anger', 1.2), 'confidence is 1.2; allowed: 0 to 1'),
    ((T0, State.EMOTION, 'anger', -0.2), 'confidence is -0.2'),
    ((T0, 7, 'anger', 0.9), r'state is 7; allowed: 0 \(NO_SPEECH\)'),
    ((T0, State.EMOTION, '', 0.9), 'the label is empty'),
    ((T0, State.EMOTION, 'anger', 0.9, {'anger': NAN}), 'probability of anger is nan'),
    ((T0, State.EMOTION, 'anger', 0.9, {'anger': 0.9, 'fear': 0.9}), 'add up to 1.800'),
]


class TestSafeState:
    @pytest.mark.parametrize('values, problem', BAD)
    def test_values_that_are_not_allowed(self, values, problem):
        world = World(action_s=5.0).hear('AAAA')
        world.step()
        world.do(world.policy.update(world.now(), Estimate(*values)))
        assert re.search(problem, world.policy.problem)
        assert world.phases() == ['STARTED', 'STOPPED'] and world.until_s is None
        assert isinstance(world.log[-1][1], StopActions)
        assert world.hear('N').policy.problem == ''

    def test_no_estimates(self):
        world = World(action_s=5.0).hear('AAAA').wait(4.0)
        assert world.phases() == ['STARTED', 'STALE'] and world.until_s is None
        assert world.at(Phase.STALE)[0] - world.at(Phase.STARTED)[0] <= 3.0 + 1.0
        assert world.wait(100.0).phases() == ['STARTED', 'STALE']

    def test_no_estimates_and_nobody_who_ticks(self):
        world = World().hear('AAAA')
        world.s += 50.0
        world.give(*HEARD['A'])
        assert world.phases() == ['STARTED', 'STALE']

    @pytest.mark.parametrize('shift_s', [-1000.0, -5.0, 20.0, 1e6])
    def test_stamps_that_jump(self, shift_s):
        world = World().hear('AAAA')
        world.shift_s = shift_s
        world.hear('A')
        assert world.phases() == ['STARTED', 'TIME_JUMPED']

    def test_after_a_jump_cool_down_and_steps_are_not_forgotten(self):
        world = World(config(relapse_s=0.0)).hear('AAAANNNNNNNN')
        world.shift_s = -1000.0
        world.hear('A' * 40)
        assert world.phases() == ['STARTED', 'RECOVERED']
        world = World().hear('AAAA')
        world.shift_s = -1000.0
        world.hear('A' * 30)
        assert world.phases() == ['STARTED', 'TIME_JUMPED', 'STARTED']
        assert world.said() == ['one', 'three']
        assert [e.episode for e in world.events()] == [1, 1, 1]

    def test_what_is_late_or_repeated_changes_nothing(self):
        world = World().hear('AAAA')
        for _ in range(4):
            world.step()
            world.give(*HEARD['A'])
            world.give(*HEARD['A'])
            world.give(*HEARD['A'], stamp_s=T0 + world.s - 0.5)
        assert world.phases() == ['STARTED']
        assert World().hear('NA').log == []
        once = World().hear('N')
        for _ in range(20):
            once.step()
            once.give(*HEARD['A'], stamp_s=T0 + 1.0)
        assert once.log == []

    def test_only_late_ones_are_none(self):
        world = World().hear('AAAA')
        for _ in range(20):
            world.step()
            world.give(*HEARD['A'], stamp_s=T0 + 1.5)
        assert world.phases() == ['STARTED', 'STALE']

    def test_the_clock_of_the_caller_may_jump(self):
        world = World(config(relapse_s=0.0)).hear('AAAANNNNNNNN')
        for jump_s in (1e6, -2e6):
            world.s += jump_s
            world.shift_s -= jump_s
            assert world.hear('A' * 10).phases() == ['STARTED', 'RECOVERED']

    def test_a_probability_may_round_to_a_little_more_than_1(self):
        world = World().hear('N')
        world.step()
        world.give(State.EMOTION, 'anger', 1.0000002, {'anger': 1.0000002})
        assert world.policy.problem == ''


class TestRestart:
    def test_in_an_episode(self):
        world = World().hear('AAAA').restart().hear('A')
        assert world.phases() == ['STARTED', 'RESTARTED']
        assert [e.strategy for e in world.events()] == ['calm', 'calm']
        world.hear('A' * 70)
        assert world.phases()[2:] == ['STARTED', 'REPEATED', 'ESCALATED']
        assert [e.episode for e in world.events()] == [1] * 5
        assert world.said() == ['one', 'three']

    def test_before_the_first_estimate(self):
        world = World().hear('AAAA').restart()
        world.step()
        assert world.phases() == ['STARTED', 'RESTARTED']

    def test_twice_before_anything_happens(self):
        world = World().hear('AAAA').restart().restart()
        world.step()
        assert world.phases() == ['STARTED', 'RESTARTED']

    def test_in_a_cool_down(self):
        world = World(config(relapse_s=0.0)).hear('AAAANNNNNNNN').restart().hear('A' * 80)
        end_s, = world.at(Phase.RECOVERED)
        assert end_s + 30.0 <= world.at(Phase.STARTED)[1] <= end_s + 31.0
        assert [(e.episode, e.text) for e in world.events()][2] == (2, 'two')

    def test_the_limits_are_kept(self):
        world = World(config(limits={'per_hour': 1}, relapse_s=0.0)).hear('AAAA' + 'N' * 100)
        assert world.restart().hear('AAAAAA').said() == ['one']
        world.s += 3600.0
        assert world.restart().hear('AAAA' + 'N' * 100 + 'A' * 5).said() == ['one', 'two']

    def test_a_day_later(self):
        world = World().hear('AAAA')
        world.s += 86400.0
        world.restart().hear('AAAAA')
        assert [e.phase.name for e in world.events()] == ['STARTED', 'RESTARTED']
        world.hear('N' * 10 + 'A' * 80)
        assert [e.episode for e in world.events()][:3] == [1, 1, 2]

    def test_with_a_wall_clock_that_was_wrong(self):
        world = World(config(relapse_s=0.0)).hear('AAAANNNNNNNN')
        world.noon = NOON - timedelta(days=20000)
        world.restart().hear('A' * 620)
        assert world.phases()[2:3] == ['STARTED']

    def test_with_a_file_that_lacks_the_strategy(self):
        world = World().hear('AAAA')
        world.config = config({'fear': (strategy('new', Step((say('x'),), 5.0)),)})
        world.restart().hear('A')
        assert world.phases() == ['STARTED', 'RESTARTED']
        assert world.events()[-1].strategy == 'calm'

    def test_the_memory_goes_through_json(self):
        world = World().hear('AAAA')
        stored = json.loads(json.dumps(to_dict(world.policy.memory)))
        assert from_dict(stored, 'x.json') == world.policy.memory
        assert 'one' not in json.dumps(stored)
        assert len(json.dumps(stored)) < 2000

    def test_it_changes_only_when_something_happens(self):
        world = World().hear('AAAA')
        changes = world.policy.changes
        assert changes > 0
        world.hear('A' * 5)
        assert world.policy.changes == changes


@pytest.mark.parametrize('values, message', [
    ({'version': 2, 'more': 1}, 'x.json: version is 2; allowed: up to 1. A later version'),
    ({'cool_until': 'soon'}, "cool_until is 'soon'; allowed: a time"),
    ({'answers': ['2026-99-01T00:00:00']}, 'answers is .*2026-99'),
    ({'learned': {'anger': {'calm': [1.0]}}}, 'learned.anger.calm has 1 numbers; allowed: 2'),
    ({'learned': {'anger': {'calm': [1.0, NAN]}}}, 'nan'),
    ({'episode': {'number': 0}}, 'episode.number is 0'),
    ([], r'x.json: it holds \[\]; allowed: a mapping'),
])
def test_a_memory_that_is_none(values, message):
    with pytest.raises(SerError, match=message):
        from_dict(values, 'x.json')


# What may happen in half a second: somebody speaks, or something goes wrong.
_STEPS = st.one_of(
    st.sampled_from(sorted(HEARD)).map(lambda letter: letter * 4),
    st.sampled_from(['A' * 8, 'F' * 8, 'N' * 12, 'A' * 40, '-' * 20]),
    st.sampled_from(['nan', 'back', 'forward', 'late', 'again', 'gone', 'kill', 'pause', 'go on',
                     'human', 'person', 'helped', 'wall']))


def _happen(world, what):
    if set(what) <= set(HEARD):
        world.hear(what)
    elif what in ('back', 'forward'):
        world.shift_s += -100.0 if what == 'back' else 100.0
    elif what in ('late', 'again'):
        world.give(*HEARD['A'], stamp_s=T0 + world.s + world.shift_s - (what == 'late') * 0.7)
    elif what == 'nan':
        world.give(State.EMOTION, 'anger', NAN)
    elif what == 'gone':
        world.wait(6.0)
    elif what == 'kill':
        world.restart()
    elif what in ('pause', 'go on'):
        world.do(world.policy.pause(world.now(), what == 'pause'))
    elif what == 'human':
        world.do(world.policy.acknowledge(world.now()))
    elif what == 'person':
        world.do(world.policy.person_changed(world.now()))
    elif what == 'helped':
        world.policy.feedback(True)
    elif what == 'wall':
        world.noon += timedelta(hours=5)


@given(st.lists(_STEPS, max_size=30), st.sampled_from([0.0, 2.0, 12.0]),
       st.sampled_from([0.0, 20.0]), st.integers(0, 4))
@settings(max_examples=150, deadline=None)
def test_whatever_happens(steps, action_s, cooldown_s, per_hour):
    """Every STARTED is closed once; limits, texts and the order of steps are kept."""
    content = config(limits={'per_hour': per_hour}, cooldown_s=cooldown_s)
    world = World(content, action_s=action_s)
    paused = []
    for what in steps:
        before = len(world.log)
        quiet = world.policy.state.paused
        _happen(world, what)
        if quiet and what not in ('go on', 'kill', 'pause'):
            paused += [command for _, command in world.log[before:]
                       if not isinstance(command, StopActions)]
    world.restart().hear('-' * 40)
    assert paused == []
    _check_episodes(world)
    if 'wall' not in steps:
        assert len(world.said()) <= per_hour
    numbers = {event.episode for event in world.events()}
    assert numbers == set(range(1, len(numbers) + 1))


def _check_episodes(world):
    running, said, steps = None, {}, {}
    for event in world.events():
        if event.phase is Phase.STARTED:
            assert running is None
            running = event
        else:
            assert running is not None and event.episode == running.episode
            if is_closing(event.phase):
                running = None
        if event.text:
            assert event.text not in said.setdefault(event.episode, set())
            said[event.episode].add(event.text)
        if not is_closing(event.phase):
            steps[event.episode] = steps.get(event.episode, 0) + 1
            assert steps[event.episode] <= 3
    assert running is None


def test_closing_phases():
    assert [phase for phase in Phase if is_closing(phase)] == CLOSING


def test_nothing_happens_by_itself():
    policy = MitigationPolicy(config({'anger': (calm(),)}))
    for second in range(100):
        assert policy.tick(Now(float(second), NOON + timedelta(seconds=second))) == []
    assert policy.memory == Memory()
    assert not policy.feedback(True)
    assert not isinstance(policy.state, (Event, RunStep))
