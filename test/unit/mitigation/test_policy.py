# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When a negative emotion is answered, and with which text."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_ros.emotion.tracker import State
from ser_ros.errors import SerError
from ser_ros.mitigation.config import MitigationConfig
from ser_ros.mitigation.estimates import Estimate, Now
from ser_ros.mitigation.phases import Event, Phase
from ser_ros.mitigation.policy import MitigationPolicy
from ser_ros.mitigation.strategies import Step, StepAction, Strategy
from ser_ros.mitigation.timing import Timing

T0 = 1.7e9  # A stamp of a real clock.
PERIOD_S = 0.5
# What is heard in a window, one letter each.
HEARD = {
    'A': (State.EMOTION, 'anger', 0.9),
    'a': (State.EMOTION, 'anger', 0.45),  # not certain enough to count
    'F': (State.EMOTION, 'fear', 0.9),
    'N': (State.EMOTION, 'neutral', 0.9),
    'J': (State.EMOTION, 'happiness', 0.9),
    '?': (State.UNCERTAIN, '', 0.3),
    '-': (State.NO_SPEECH, '', 0.0),
}


def config(**timing):
    values = dict(min_confidence=0.5, hold_s=1.0, repeat_s=0.0, recovery_s=1.0, timeout_s=3.0,
                  cooldown_s=2.0)
    values.update(timing)
    calm = Strategy('calm', (say(('one', 'two'), ('하나', '둘')), say(('again',), ('다시',))), {
        Phase.RECOVERED: {'en': ('good',), 'ko': ('좋아요',)}})
    wait = Strategy('wait', (say(('wait',), ('잠시',)),), {})
    return MitigationConfig(
        'own.yaml', ('en', 'ko'), Timing(**values), {'anger': (calm,), 'fear': (wait,)})


def say(english, korean):
    return Step((StepAction('say', None, True, {'en': english, 'ko': korean}),))


def events_of(policy, stamp_s, heard):
    now = Now(stamp_s, datetime(2026, 1, 1, 12) + timedelta(seconds=stamp_s - T0))
    return [command for command in policy.update(now, Estimate(stamp_s, *heard))
            if isinstance(command, Event)]


def play(policy, heard, start_s=T0, period_s=PERIOD_S):
    """Return (window, event) for every event while a string of windows is heard."""
    return [
        (i, event) for i, key in enumerate(heard)
        for event in events_of(policy, start_s + i * period_s, HEARD[key])]


def phases(heard, **timing):
    return [(i, event.phase.name) for i, event in play(MitigationPolicy(config(**timing)), heard)]


class TestStart:
    def test_after_the_hold(self):
        assert phases('NAAAA') == [(3, 'STARTED')]

    def test_event_says_what_and_why(self):
        (window, event), = play(MitigationPolicy(config()), 'NAAAA')
        assert (event.phase, event.emotion, event.strategy) == (Phase.STARTED, 'anger', 'calm')
        assert (event.text, event.language, event.episode) == ('one', 'en', 1)
        assert event.confidence == 0.9
        assert event.duration_s == pytest.approx(1.0)

    @pytest.mark.parametrize('broken', ['AANAA', 'AA?AA', 'AA-AA', 'AAFAA', 'AAaAA'])
    def test_any_break_starts_the_hold_anew(self, broken):
        assert phases(broken) == []

    def test_not_under_min_confidence(self):
        assert phases('aaaaaaaa') == []

    def test_the_timing_may_change_between_two_windows(self):
        policy = MitigationPolicy(config(hold_s=10.0))
        assert play(policy, 'AAAA') == []
        policy.timing = replace(policy.timing, hold_s=2.0)
        (window, event), = play(policy, 'A', start_s=T0 + 2.0)
        assert event.duration_s == pytest.approx(2.0)

    def test_the_sensitivity_chooses_the_timing(self):
        both = replace(config(hold_s=1.0), sensitivities={'calm': config(hold_s=2.0).timing})
        assert [i for i, _ in play(MitigationPolicy(both), 'AAAAA')] == [2]
        assert [i for i, _ in play(MitigationPolicy(both, 'en', 'calm'), 'AAAAA')] == [4]
        with pytest.raises(SerError, match="no sensitivity 'keen'.* normal, calm"):
            MitigationPolicy(both, 'en', 'keen')

    def test_zero_hold_starts_at_once(self):
        assert phases('NA', hold_s=0.0) == [(1, 'STARTED')]

    def test_emotion_without_a_response_never_starts_one(self):
        assert phases('JJJJJJNNNNNN') == []

    def test_lost_windows_do_not_count_as_heard(self):
        policy = MitigationPolicy(config(hold_s=10.0))
        assert events_of(policy, T0, HEARD['A']) == []
        assert events_of(policy, T0 + 20.0, HEARD['A']) == []

    @pytest.mark.parametrize('period_s', [0.1, 1.0, 5.0])
    def test_any_period(self, period_s):
        (window, event), = play(
            MitigationPolicy(config(hold_s=10.0, timeout_s=60.0)),
            'A' * (int(10.0 / period_s) + 1), period_s=period_s)
        assert event.duration_s == pytest.approx(10.0)


class TestEpisode:
    def test_repeats_while_it_is_heard(self):
        assert phases('A' * 8, repeat_s=1.0) == [
            (2, 'STARTED'), (4, 'REPEATED'), (6, 'REPEATED')]

    def test_repeat_is_due_from_the_last_text_and_waits_until_it_is_heard(self):
        assert phases('AAA?-FaA', repeat_s=1.0) == [(2, 'STARTED'), (7, 'REPEATED')]

    def test_zero_never_repeats(self):
        assert phases('A' * 40, repeat_s=0.0) == [(2, 'STARTED')]

    def test_other_triggering_emotion_neither_ends_it_nor_starts_another(self):
        assert phases('AAA' + 'F' * 20) == [(2, 'STARTED')]

    def test_recovers_when_other_emotions_last(self):
        assert phases('AAANJN') == [(2, 'STARTED'), (5, 'RECOVERED')]

    @pytest.mark.parametrize('relapse', ['AAANNANN', 'AAANNFNN', 'AAANNaNN'])
    def test_triggering_emotion_stops_the_recovery(self, relapse):
        assert phases(relapse) == [(2, 'STARTED')]

    def test_pause_does_not_stop_the_recovery(self):
        assert phases('AAAN-?N') == [(2, 'STARTED'), (6, 'RECOVERED')]

    def test_recovery_needs_the_other_emotion_to_be_heard(self):
        assert phases('AAAN----') == [(2, 'STARTED')]

    @pytest.mark.parametrize('nothing', ['-', '?'])
    def test_times_out_when_there_is_nothing_to_tell_by(self, nothing):
        assert phases('AAA' + nothing * 8) == [(2, 'STARTED'), (8, 'TIMED_OUT')]

    def test_uncertain_emotion_is_something_to_tell_by(self):
        assert phases('AAA' + '--a' * 5) == [(2, 'STARTED')]

    def test_times_out_over_a_loss(self):
        policy = MitigationPolicy(config())
        play(policy, 'AAA')
        event, = events_of(policy, T0 + 60.0, HEARD['A'])
        assert event.phase is Phase.TIMED_OUT

    def test_closing_text_may_be_silent(self):
        events = [event for _, event in play(MitigationPolicy(config()), 'AAA-------')]
        assert [(e.phase, e.text) for e in events] == [
            (Phase.STARTED, 'one'), (Phase.TIMED_OUT, '')]
        assert events[1].duration_s == pytest.approx(4.0)


class TestCoolDown:
    def test_nothing_starts_before_it_is_over(self):
        assert phases('AAANNN' + 'AAAA', cooldown_s=60.0) == [(2, 'STARTED'), (5, 'RECOVERED')]

    def test_what_outlasts_it_is_answered_right_after(self):
        assert phases('AAANNN' + 'AAAAAA', cooldown_s=2.0)[2:] == [(9, 'STARTED')]

    def test_zero_is_none(self):
        assert phases('AAANNN' + 'AAA', cooldown_s=0.0)[2:] == [(8, 'STARTED')]


class TestTexts:
    def test_take_turns_over_episodes(self):
        events = play(MitigationPolicy(config(cooldown_s=0.0)), 'AAANNN' * 3)
        assert [e.text for _, e in events] == ['one', 'good', 'two', 'good', 'one', 'good']
        assert [e.episode for _, e in events] == [1, 1, 2, 2, 3, 3]

    def test_language(self):
        (_, event), = play(MitigationPolicy(config(), language='ko'), 'AAA')
        assert (event.text, event.language) == ('하나', 'ko')

    def test_unknown_language(self):
        with pytest.raises(SerError, match="'fr'; available: en, ko"):
            MitigationPolicy(config(), language='fr')


class TestTime:
    def test_stamps_that_go_back_start_anew(self):
        policy = MitigationPolicy(config(cooldown_s=60.0))
        assert len(play(policy, 'AAA', start_s=T0)) == 1
        (window, event), = play(policy, 'AAA', start_s=10.0)
        assert (window, event.phase, event.episode) == (2, Phase.STARTED, 2)
        assert event.text == 'one'

    def test_hold_does_not_reach_over_a_jump_back(self):
        policy = MitigationPolicy(config())
        play(policy, 'AA', start_s=T0)
        assert play(policy, 'AA', start_s=10.0) == []


@pytest.mark.parametrize('stamp, state, confidence, message', [
    (float('nan'), State.EMOTION, 0.9, 'stamp is nan'),
    (0.0, State.EMOTION, float('nan'), 'confidence is nan'),
    (0.0, State.EMOTION, 1.2, 'confidence is 1.2; allowed: 0 to 1'),
    (0.0, 7, 0.9, r'state is 7; allowed: 0 \(NO_SPEECH\)'),
])
def test_bad_input(stamp, state, confidence, message):
    policy = MitigationPolicy(config())
    assert policy.update(Now(T0, datetime(2026, 1, 1)),
                         Estimate(stamp, state, 'anger', confidence)) == []
    assert re.search(message, policy.problem)


@given(st.text(alphabet=''.join(HEARD), max_size=80), st.floats(0.0, 3.0), st.floats(0.0, 3.0),
       st.floats(0.0, 3.0))
@settings(max_examples=200, deadline=None)
def test_every_episode_is_well_formed(heard, hold_s, repeat_s, cooldown_s):
    """STARTED, any REPEATED, one end; never two at a time; the cool-down between two."""
    policy = MitigationPolicy(config(hold_s=hold_s, repeat_s=repeat_s, cooldown_s=cooldown_s))
    running, ended = None, -1000
    for window, event in play(policy, heard):
        if event.phase is Phase.STARTED:
            assert running is None
            assert (window - ended) * PERIOD_S >= cooldown_s - 1e-3
            assert event.duration_s >= hold_s - 1e-3
            running = event
            continue
        assert (event.episode, event.emotion) == (running.episode, running.emotion)
        if event.phase is not Phase.REPEATED:
            running, ended = None, window
    # With nothing to tell by whatever is open comes to its end.
    events = play(policy, '-' * 10, start_s=T0 + 100.0)
    assert [event.phase for _, event in events] == ([Phase.TIMED_OUT] if running else [])
