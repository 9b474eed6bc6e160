# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When a negative emotion is answered, with which steps, and how an episode ends."""

import random
from dataclasses import replace
from datetime import datetime

import pytest
from world import NOTIFY, World, calm, config, say, strategy

from ser_ros.emotion.tracker import State
from ser_ros.errors import SerError
from ser_ros.mitigation.config import load
from ser_ros.mitigation.phases import Phase, RunStep, StopActions
from ser_ros.mitigation.policy import MitigationPolicy
from ser_ros.mitigation.strategies import CALMER, Step
from ser_ros.resources import share_path

SHIPPED = load(share_path('config', 'mitigation.yaml'))
UNCLEAR = (strategy('openly', Step((say('what?'),), 10.0)),)


class TestPersons:
    """Persons as robots meet them, with the file of the package."""

    @staticmethod
    def first_s(heard):
        return World(SHIPPED).hear(heard).at(Phase.STARTED)[:1]

    def test_who_shouts_for_two_and_a_half_seconds(self):
        start, = self.first_s('-' * 10 + 'AAAAA' + '-' * 10)
        assert start - 7.5 <= 3.0

    def test_who_speaks_in_short_sentences(self):
        start, = self.first_s('AAAA---' * 20)
        assert start <= 15.0

    def test_who_changes_between_two_emotions(self):
        start, = self.first_s('AAAAFFFF' * 20)
        assert start <= 15.0

    def test_of_whom_much_is_uncertain(self):
        starts = []
        for seed in range(21):
            draw = random.Random(seed).random
            starts += self.first_s(['a' if draw() < 0.4 else 'A' for _ in range(60)])
        assert len(starts) == 21 and sorted(starts)[10] <= 12.0

    def test_who_does_not_get_better(self):
        sad = (State.EMOTION, 'sadness', 0.8, {'sadness': 0.8, 'neutral': 0.2})
        world = World(SHIPPED, action_s=3.0)
        for _ in range(1200):
            world.step()
            world.give(*sad)
        assert 2 <= len(world.said()) <= 6 and len(set(world.said())) == len(world.said())
        assert world.phases()[-1] == 'ESCALATED' and world.phases().count('STARTED') == 1
        last = [command for _, command in world.log if isinstance(command, RunStep)][-1]
        assert [call.kind for call in last.actions] == ['notify']

    def test_who_is_calm(self):
        assert World(SHIPPED).hear('N' * 200).log == []

    def test_one_certain_window_is_never_enough(self):
        assert World().hear('NNA-------').log == []
        assert World().hear('NA-------', period_s=3.0).log == []
        assert World(config(hold_s=10.0)).hear('NA-------', period_s=5.0).log == []
        assert World(config(hold_s=0.0)).hear('NA-------').log == []
        assert World(config(hold_s=0.0)).hear('NAA-------').log != []

    def test_estimates_that_come_every_five_seconds_are_not_stale(self):
        assert 'STARTED' in World().hear('N' + 'A' * 10, period_s=5.0).phases()

    def test_the_duration_does_not_begin_before_a_long_silence(self):
        event, = World().hear('A' + '-' * 1200 + 'AAAA').events()
        assert event.duration_s <= 3.0


class TestStart:
    def test_the_event_says_what_and_why(self):
        event, = World().hear('NAAAA').events()
        assert (event.phase, event.emotion, event.strategy) == (Phase.STARTED, 'anger', 'calm')
        assert (event.text, event.language, event.episode) == ('one', 'en', 1)
        assert event.confidence == 0.9
        assert 0.5 <= event.duration_s <= 1.5

    def test_the_actions_come_with_it(self):
        (_, event), (_, step) = World(language='ko').hear('AAAA').log
        call, = step.actions
        assert (call.kind, call.text, call.language) == ('say', 'one 요', 'ko')
        assert event.text == call.text

    def test_emotions_without_a_response_never_start_one(self):
        assert World(config({'fear': (calm(),)})).hear('A' * 40).log == []

    def test_the_confidence_is_enough_where_nobody_gives_probabilities(self):
        world = World()
        for _ in range(6):
            world.step()
            world.give(State.EMOTION, 'anger', 0.9)
        assert world.phases() == ['STARTED']

    def test_without_a_clear_leader_the_strategy_for_that(self):
        world = World(config(unclear=UNCLEAR))
        for _ in range(6):
            world.step()
            world.give(State.UNCERTAIN, '', 0.4, {'anger': 0.4, 'fear': 0.4, 'neutral': 0.2})
        assert [(e.emotion, e.strategy) for e in world.events()] == [('unclear', 'openly')]

    def test_without_that_strategy_the_strongest_is_answered(self):
        world = World()
        for _ in range(6):
            world.step()
            world.give(State.UNCERTAIN, '', 0.41, {'anger': 0.4, 'fear': 0.41, 'neutral': 0.1})
        assert [e.emotion for e in world.events()] == ['fear']

    def test_the_timing_may_change_at_any_time(self):
        world = World(config(hold_s=60.0, leak_s=60.0)).hear('AAAAAA')
        assert world.log == []
        world.policy.timing = replace(world.policy.timing, hold_s=2.0)
        assert world.hear('A').phases() == ['STARTED']

    def test_the_sensitivity_chooses_the_timing(self):
        both = replace(config(), sensitivities={'calm': config(hold_s=10.0, leak_s=60.0).timing})
        assert World(both).hear('AAAA').log
        assert not World(both, sensitivity='calm').hear('AAAA').log
        with pytest.raises(SerError, match="no sensitivity 'keen'.* normal, calm"):
            MitigationPolicy(both, 'en', 'keen')

    def test_unknown_language(self):
        with pytest.raises(SerError, match="'fr'; available: en, ko"):
            MitigationPolicy(config(), language='fr')


class TestSteps:
    def test_what_does_not_help_escalates_to_the_next_step_and_to_a_human(self):
        world = World().hear('A' * 60)
        assert world.phases() == ['STARTED', 'REPEATED', 'REPEATED', 'ESCALATED']
        assert world.said() == ['one', 'three']
        assert [e.episode for e in world.events()] == [1] * 4
        start_s, = world.at(Phase.STARTED)
        assert world.at(Phase.REPEATED) == [start_s + 10.0, start_s + 20.0]

    def test_without_a_human_it_ends_quietly(self):
        quiet = strategy('quiet', Step((say('one'),), 5.0))
        world = World(config({'anger': (quiet,)})).hear('A' * 60)
        assert world.phases() == ['STARTED', 'ABANDONED'] and world.said() == ['one']

    def test_an_action_suspends_waiting_and_watching(self):
        world = World(action_s=25.0).hear('AAAA' + '-' * 40)
        assert world.phases() == ['STARTED']
        # Speech meanwhile is nothing to go by: it may be the robot's own voice.
        assert world.hear('N' * 10).phases() == ['STARTED']
        assert world.hear('A' * 20).phases() == ['STARTED', 'REPEATED']
        start_s, = world.at(Phase.STARTED)
        assert world.at(Phase.REPEATED) == [start_s + 35.0]

    def test_the_next_step_waits_until_somebody_speaks(self):
        world = World(config(timeout_s=60.0)).hear('AAAA' + '-' * 30)
        assert world.phases() == ['STARTED']
        assert world.hear('a').phases() == ['STARTED', 'REPEATED']

    def test_a_step_that_expects_less_waits_for_the_emotion(self):
        mild = strategy('mild', Step((say('one'),), 9.0, CALMER), Step((say('two'),), 9.0))
        world = World(config({'anger': (mild,)}, timeout_s=60.0)).hear('AAAA' + '?' * 20)
        assert world.phases() == ['STARTED']
        assert world.hear('AAAA').phases() == ['STARTED', 'REPEATED']

    def test_without_wait_s_that_of_the_timing_and_zero_is_never(self):
        two = strategy('two', Step((say('one'),)), Step((say('two'),)))
        world = World(config({'anger': (two,)}, repeat_s=5.0)).hear('A' * 15)
        assert world.said() == ['one', 'two']
        world = World(config({'anger': (two,)}, repeat_s=0.0)).hear('A' * 80)
        assert world.said() == ['one'] and world.phases() == ['STARTED']

    def test_another_emotion_changes_the_strategy_once_and_goes_a_step_further(self):
        world = World().hear('AAAA' + 'F' * 20 + 'A' * 40)
        assert [(e.phase.name, e.strategy, e.text) for e in world.events()][:3] == [
            ('STARTED', 'calm', 'one'), ('REPEATED', 'slowly', 'slow 1'),
            ('REPEATED', 'slowly', 'slow 2')]

    def test_texts_take_turns_over_episodes(self):
        world = World()
        for _ in range(3):
            world.hear('AAAA' + 'N' * 140)
        assert world.said() == ['one', 'good', 'two', 'good', 'one', 'good']
        assert [e.episode for e in world.events()] == [1, 1, 2, 2, 3, 3]

    def test_a_text_comes_once_in_an_episode(self):
        same = strategy('same', *(Step((say('x'),), 5.0) for _ in range(3)))
        world = World(config({'anger': (same,)})).hear('A' * 60)
        assert world.said() == ['x']
        assert world.phases() == ['STARTED', 'REPEATED', 'REPEATED', 'ABANDONED']


class TestRecovery:
    def test_other_emotions_for_a_while(self):
        world = World().hear('AAAANNNNNNNN')
        assert world.phases() == ['STARTED', 'RECOVERED'] and world.said() == ['one', 'good']
        kinds = [type(command) for _, command in world.log[2:]]
        assert kinds[-2:] == [StopActions, RunStep]

    def test_not_by_an_emotion_that_is_not_sure(self):
        assert World().hear('AAAA' + 'S' * 12).phases() == ['STARTED']

    def test_pauses_do_not_stop_it(self):
        assert World().hear('AAAAN-N-NN?N-NN').phases() == ['STARTED', 'RECOVERED']

    def test_an_emotion_that_is_answered_does(self):
        world = World().hear('AAAANNNNANNNA')
        assert world.phases() == ['STARTED']

    @pytest.mark.parametrize('nothing', ['-', '?'])
    def test_times_out_when_there_is_nothing_to_tell_by(self, nothing):
        world = World().hear('AAAA' + nothing * 30)
        assert world.phases() == ['STARTED', 'TIMED_OUT']
        assert world.at(Phase.TIMED_OUT)[0] <= 13.0
        assert world.said() == ['one']

    def test_what_comes_back_soon_is_the_same_episode_one_step_further(self):
        world = World().hear('AAAANNNNNNNNN' + 'N' * 12 + 'AAAANN')
        assert world.phases() == ['STARTED', 'RECOVERED']
        world.hear('A' * 8)
        assert world.phases() == ['STARTED', 'RECOVERED', 'STARTED']
        assert [e.episode for e in world.events()] == [1, 1, 1]
        assert world.said() == ['one', 'good', 'three']

    def test_without_a_step_left_it_is_not_taken_up_again(self):
        one = strategy('one', Step((say('one'),), 60.0))
        world = World(config({'anger': (one,)})).hear('AAAANNNNNNNNN' + 'A' * 20)
        assert world.phases() == ['STARTED', 'RECOVERED']

    def test_later_it_is_another_one(self):
        world = World().hear('AAAA' + 'N' * 100 + 'AAAA')
        assert world.phases() == ['STARTED', 'RECOVERED', 'STARTED']
        assert [e.episode for e in world.events()] == [1, 1, 2]


class TestCoolDown:
    def test_nothing_starts_before_it_is_over(self):
        world = World(config(relapse_s=0.0)).hear('AAAA' + 'N' * 8 + 'A' * 80)
        end_s, = world.at(Phase.RECOVERED)
        assert world.at(Phase.STARTED)[1] == end_s + 30.0

    def test_after_all_steps_it_is_long(self):
        world = World().hear('A' * 660)
        end_s, = world.at(Phase.ESCALATED)
        assert world.at(Phase.STARTED)[1] == end_s + 300.0

    def test_another_person_ends_it(self):
        world = World().hear('AAAA' + 'N' * 8)
        world.do(world.policy.person_changed(world.now()))
        world.hear('AAAA')
        assert [e.episode for e in world.events()] == [1, 1, 2]

    def test_another_person_ends_an_episode_in_silence(self):
        world = World().hear('AAAA')
        world.do(world.policy.person_changed(world.now()))
        assert world.phases() == ['STARTED', 'TIMED_OUT'] and world.said() == ['one']
        assert world.hear('FFFF').events()[-1].episode == 2

    def test_another_person_waits_for_the_text_that_is_being_said(self):
        world = World(action_s=20.0).hear('AAAA')
        for _ in range(2):
            world.do(world.policy.person_changed(world.now()))
        changed_s = world.s
        world.hear('F' * 40)
        assert world.at(Phase.STARTED)[1] == changed_s + 10.0


class TestLimits:
    def test_with_the_limit_of_an_hour_only_silent_actions_remain(self):
        loud = strategy('loud', Step((say('one'), NOTIFY), 5.0), Step((say('two'), NOTIFY), 5.0))
        world = World(config({'anger': (loud,)}, {'per_hour': 1})).hear('A' * 40)
        kinds = [[call.kind for call in command.actions] for _, command in world.log
                 if isinstance(command, RunStep)]
        assert kinds == [['say', 'notify'], ['notify']]
        assert [e.text for e in world.events()] == ['one', '', '']
        assert world.policy.state.answers_hour == 0

    def test_a_human_is_called_no_sooner_because_the_robot_is_silent(self):
        world = World(limits_of(per_hour=0)).hear('A' * 60)
        assert world.phases() == ['STARTED', 'REPEATED', 'REPEATED', 'ESCALATED']
        assert world.said() == []
        assert world.at(Phase.ESCALATED)[0] >= 20.0

    def test_an_hour_later_it_may_be_heard_again(self):
        world = World(limits_of(per_hour=1, relapse_s=0.0)).hear('AAAA' + 'N' * 7300 + 'AAAA')
        assert world.said() == ['one', 'two']

    def test_the_limit_of_a_day(self):
        world = World(limits_of(per_day=1, relapse_s=0.0)).hear('AAAA' + 'N' * 7300 + 'AAAA')
        assert world.said() == ['one'] and world.policy.state.answers_day == 0

    def test_quiet_hours(self):
        limits = limits_of(quiet_hours=('22:00', '07:00'))
        assert World(limits, at=datetime(2026, 1, 1, 23, 30)).hear('AAAA').said() == []
        assert World(limits, at=datetime(2026, 1, 1, 6, 59)).hear('AAAA').said() == []
        assert World(limits, at=datetime(2026, 1, 1, 7, 0)).hear('AAAA').said() == ['one']


def limits_of(per_hour=12, per_day=60, quiet_hours=None, **timing):
    return config(limits=dict(per_hour=per_hour, per_day=per_day, quiet_hours=quiet_hours),
                  **timing)


class TestPeople:
    def test_a_pause_ends_everything_and_nothing_comes_until_it_is_over(self):
        world = World(action_s=5.0).hear('AAAA')
        world.do(world.policy.pause(world.now(), True))
        assert world.phases() == ['STARTED', 'PAUSED'] and world.until_s is None
        world.hear('A' * 100)
        assert world.phases() == ['STARTED', 'PAUSED']
        assert world.policy.state.phase == 'paused' and world.policy.memory.paused
        world.restart().hear('A' * 10)
        assert world.phases() == ['STARTED', 'PAUSED']
        world.do(world.policy.pause(world.now(), False))
        assert world.hear('AAAA').phases() == ['STARTED', 'PAUSED', 'STARTED']

    def test_a_human_takes_over(self):
        world = World().hear('AAAA')
        world.do(world.policy.acknowledge(world.now()))
        world.hear('A' * 200)
        assert world.phases() == ['STARTED', 'ACKNOWLEDGED']

    def test_a_human_who_comes_between_episodes(self):
        world = World()
        world.do(world.policy.acknowledge(world.now()))
        assert world.hear('A' * 200).phases() == []

    def test_the_end_of_the_node(self):
        world = World(action_s=5.0).hear('AAAA')
        world.do(world.policy.close(world.now(), Phase.STOPPED))
        assert world.phases() == ['STARTED', 'STOPPED'] and world.until_s is None
        world.do(world.policy.close(world.now(), Phase.STOPPED))
        assert world.phases() == ['STARTED', 'STOPPED']

    def test_another_file_counts_from_the_next_episode_on(self):
        world = World().hear('AAAA')
        other = config({'anger': (strategy('new', Step((say('new'),), 5.0)),)}, relapse_s=0.0)
        world.policy.configure(other, 'ko')
        world.hear('A' * 22)
        assert world.events()[-1].strategy == 'calm'
        world.hear('N' * 200 + 'AAAA')
        assert (world.events()[-1].strategy, world.events()[-1].text) == ('new', 'new 요')

    def test_another_file_with_a_mistake_changes_nothing(self):
        world = World()
        with pytest.raises(SerError, match="'fr'; available: en, ko"):
            world.policy.configure(config(), 'fr')
        with pytest.raises(SerError, match="no sensitivity 'keen'"):
            world.policy.configure(config(), 'en', 'keen')
        assert world.hear('AAAA').said() == ['one']


class TestState:
    def test_over_an_episode(self):
        world = World(action_s=2.0)
        seen = []
        for letter in 'N' + 'AAA' + 'NNNNN' + 'N' * 10 + 'N' * 100:
            world.hear(letter)
            if world.policy.state.phase not in seen[-1:]:
                seen.append(world.policy.state.phase)
        assert seen == ['idle', 'noticed', 'responding', 'watching', 'cool_down', 'idle']

    def test_of_an_episode(self):
        state = World().hear('AAAA').policy.state
        assert (state.episode, state.emotion, state.strategy, state.step) == (
            1, 'anger', 'calm', 1)
        assert state.next_step_s == pytest.approx(10.0)
        assert (state.answers_hour, state.answers_day) == (11, 59)
        assert set(state.evidence) == {'anger', 'fear'} and state.evidence['anger'] >= 0.9
