# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A steady label out of the probabilities of windows."""

import os

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_ros.emotion.settings import MODELS_OWN, RANGES, TrackerSettings, make_settings
from ser_ros.emotion.tracker import EmotionTracker, State
from ser_ros.errors import SerError
from ser_ros.inference.model_metadata import DEFAULT_MIN_CONFIDENCE

LABELS = ('anger', 'joy', 'neutral')
ANGER = (0.8, 0.1, 0.1)
JOY = (0.1, 0.8, 0.1)
FLAT = (0.34, 0.33, 0.33)
T0 = 1.7e9  # A stamp of a real clock.


def tracker(**changed):
    return EmotionTracker(LABELS, TrackerSettings(**changed))


def feed(target, windows, start_s=0.0, period_s=0.5, speech=1.0):
    """Give windows one period apart and return the estimates."""
    return [
        target.update(start_s + i * period_s, window, speech) for i, window in enumerate(windows)]


class TestGate:
    def test_little_speech_says_nothing(self):
        estimate = tracker(min_speech=0.3).update(0.0, ANGER, 0.29)
        assert estimate.state is State.NO_SPEECH
        assert (estimate.label, estimate.confidence) == ('', 0.0)
        np.testing.assert_array_equal(estimate.probabilities, [0, 0, 0])

    def test_speech_at_the_limit_counts(self):
        estimate = tracker(min_speech=0.3).update(0.0, ANGER, 0.3)
        assert (estimate.state, estimate.label) == (State.EMOTION, 'anger')

    def test_muted_window_says_nothing_and_leaves_no_trace(self):
        target = tracker()
        assert target.update(0.0, ANGER, 1.0, muted=True).state is State.NO_SPEECH
        assert target.update(0.5, JOY, 1.0).probabilities == pytest.approx(JOY)

    def test_silence_needs_no_probabilities_but_speech_does(self):
        target = tracker()
        assert target.update(0.0, None, 0.0).state is State.NO_SPEECH
        with pytest.raises(SerError, match='3 are needed'):
            target.update(0.5, None, 1.0)

    def test_hears_speech_is_the_same_gate(self):
        target = tracker(min_speech=0.5)
        assert target.hears_speech(0.5)
        assert not target.hears_speech(0.49)
        assert not target.hears_speech(1.0, muted=True)

    def test_without_a_gate_a_window_without_speech_counts_a_little(self):
        target = tracker(min_speech=0.0, min_hold_s=0.0)
        assert target.update(0.0, ANGER, 0.0).probabilities == pytest.approx(ANGER)
        assert target.update(0.5, JOY, 1.0).label == 'joy'


class TestSmoothing:
    def test_first_window_of_speech_is_taken_as_it_is(self):
        target = tracker()
        target.update(0.0, None, 0.0)
        assert target.update(0.5, ANGER, 0.4).probabilities == pytest.approx(ANGER)

    def test_constant_speech_is_an_exponential_moving_average(self):
        first, second = feed(tracker(smoothing_s=1.0), [ANGER, JOY], start_s=T0)
        decay = np.exp(-0.5)
        expected = decay * np.array(ANGER) + (1 - decay) * np.array(JOY)
        assert second.probabilities == pytest.approx(expected, abs=1e-6)

    def test_window_with_less_speech_counts_less(self):
        little, much = tracker(), tracker()
        for target in (little, much):
            target.update(0.0, ANGER, 1.0)
        assert (little.update(0.5, JOY, 0.3).probabilities[1]
                < much.update(0.5, JOY, 1.0).probabilities[1])

    def test_pause_makes_what_was_before_count_less(self):
        straight, paused = tracker(), tracker()
        for target in (straight, paused):
            target.update(0.0, ANGER, 1.0)
        paused.update(0.5, None, 0.0)
        assert (paused.update(1.0, JOY, 1.0).probabilities[1]
                > straight.update(0.5, JOY, 1.0).probabilities[1])

    @pytest.mark.parametrize('silence_s, starts_anew', [(2.0, False), (2.5, True)])
    def test_long_silence_starts_anew(self, silence_s, starts_anew):
        target = tracker(reset_after_s=2.0, min_hold_s=60.0, smoothing_s=60.0)
        target.update(T0, ANGER, 1.0)
        for i in range(1, int(silence_s / 0.5)):
            target.update(T0 + i * 0.5, None, 0.0)
        estimate = target.update(T0 + silence_s, JOY, 1.0)
        assert estimate.label == ('joy' if starts_anew else 'anger')

    def test_zero_takes_every_window_as_it_is(self):
        estimates = feed(tracker(smoothing_s=0.0, min_hold_s=0.0), [ANGER, JOY, ANGER])
        assert [e.label for e in estimates] == ['anger', 'joy', 'anger']
        assert estimates[1].probabilities == pytest.approx(JOY)

    def test_silence_of_many_time_constants_leaves_nothing_to_divide_by_zero(self):
        target = tracker(smoothing_s=0.1, reset_after_s=600.0)
        target.update(0.0, ANGER, 1.0)
        target.update(590.0, None, 0.0)
        assert target.update(590.0, JOY, 1.0).probabilities == pytest.approx(JOY)

    def test_same_stamp_twice_adds_no_evidence(self):
        target = tracker()
        target.update(1.0, ANGER, 1.0)
        assert target.update(1.0, JOY, 1.0).probabilities == pytest.approx(ANGER)

    def test_stamps_that_go_back_start_anew(self):
        target = tracker(min_hold_s=60.0)
        feed(target, [ANGER] * 10, start_s=100.0)
        estimate = target.update(0.0, JOY, 1.0)
        assert estimate.label == 'joy'
        assert estimate.probabilities == pytest.approx(JOY)

    def test_reset_forgets(self):
        target = tracker(min_hold_s=60.0)
        feed(target, [ANGER] * 10)
        target.reset()
        assert target.update(5.0, JOY, 1.0).label == 'joy'


class TestDecision:
    def test_under_min_confidence_is_uncertain(self):
        estimate = tracker(min_confidence=0.4).update(0.0, FLAT, 1.0)
        assert (estimate.state, estimate.label) == (State.UNCERTAIN, '')
        assert estimate.confidence == pytest.approx(0.34)
        assert estimate.probabilities == pytest.approx(FLAT)

    def test_confidence_is_that_of_the_label(self):
        for estimate in feed(tracker(), [ANGER, ANGER, JOY, JOY, JOY, JOY]):
            if estimate.state is State.EMOTION:
                index = LABELS.index(estimate.label)
                assert estimate.confidence == pytest.approx(estimate.probabilities[index])

    def test_challenger_needs_a_lead(self):
        kept = feed(tracker(smoothing_s=0.0, min_hold_s=0.0, hysteresis=0.1),
                    [(0.5, 0.4, 0.1), (0.42, 0.5, 0.08), (0.41, 0.52, 0.07)])
        assert [e.label for e in kept] == ['anger', 'anger', 'joy']

    def test_emotion_that_is_no_longer_certain_is_not_protected(self):
        estimates = feed(tracker(smoothing_s=0.0, min_hold_s=0.0, hysteresis=0.3),
                         [(0.5, 0.4, 0.1), (0.39, 0.45, 0.16)])
        assert [e.label for e in estimates] == ['anger', 'joy']

    def test_label_is_held(self):
        estimates = feed(tracker(smoothing_s=0.0, min_hold_s=1.5, min_confidence=0.0),
                         [ANGER, JOY, JOY, JOY], start_s=T0)
        assert [e.label for e in estimates] == ['anger', 'anger', 'anger', 'joy']

    def test_hold_does_not_make_up_confidence(self):
        estimates = feed(tracker(smoothing_s=0.0, min_hold_s=1.0), [ANGER, JOY, JOY])
        assert [e.state for e in estimates] == [State.EMOTION, State.UNCERTAIN, State.EMOTION]
        assert estimates[1].confidence == pytest.approx(0.1)

    def test_settings_can_be_replaced_while_running(self):
        target = tracker(min_confidence=0.9)
        assert target.update(0.0, ANGER, 1.0).state is State.UNCERTAIN
        target.settings = TrackerSettings(min_confidence=0.5)
        assert target.update(0.5, ANGER, 1.0).label == 'anger'


class TestBadInput:
    @pytest.mark.parametrize('window, message', [
        ((0.5, 0.5), 'needed: 3 values'),
        ((float('nan'), 0.5, 0.5), 'nan'),
        ((1.5, -0.5, 0.0), 'from 0 to 1'),
        ((0.2, 0.2, 0.2), 'add up to 1'),
    ])
    def test_probabilities(self, window, message):
        with pytest.raises(SerError, match=message):
            tracker().update(0.0, window, 1.0)

    @pytest.mark.parametrize('speech', [float('nan'), -0.1, 1.1])
    def test_speech_probability(self, speech):
        with pytest.raises(SerError, match='speech probability .* allowed: 0 to 1'):
            tracker().update(0.0, ANGER, speech)

    @pytest.mark.parametrize('stamp', [float('nan'), float('inf')])
    def test_stamp(self, stamp):
        with pytest.raises(SerError, match='stamp'):
            tracker().update(stamp, ANGER, 1.0)

    def test_refused_window_changes_nothing(self):
        disturbed, calm = tracker(), tracker()
        for target in (disturbed, calm):
            target.update(0.0, ANGER, 1.0)
        with pytest.raises(SerError):
            disturbed.update(10.0, (1.0, 1.0, 1.0), 1.0)
        assert (disturbed.update(0.5, JOY, 1.0).probabilities
                == pytest.approx(calm.update(0.5, JOY, 1.0).probabilities))

    @pytest.mark.parametrize('labels', [(), ('anger', 'anger')])
    def test_labels(self, labels):
        with pytest.raises(SerError, match='each once'):
            EmotionTracker(labels)

    @pytest.mark.parametrize('name', sorted(RANGES))
    def test_settings(self, name):
        for value in (RANGES[name][0] - 0.1, RANGES[name][1] + 0.1, float('nan')):
            with pytest.raises(SerError, match=f'{name} is .*; allowed: '):
                TrackerSettings(**{name: value})


@st.composite
def recordings(draw):
    """Windows of a talk, one half second apart: (probabilities, speech probability, muted)."""
    windows = []
    for _ in range(draw(st.integers(1, 40))):
        weights = np.array(draw(st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3)))
        speech = draw(st.sampled_from([0.0, 0.2, 0.3, 0.7, 1.0]))
        windows.append((weights / weights.sum(), speech, draw(st.booleans())))
    return windows


def replay(target, windows, start_s):
    return [target.update(start_s + 0.5 * i, *window) for i, window in enumerate(windows)]


@given(recordings(), st.floats(0.0, 3.0), st.floats(0.0, 3.0), st.floats(0.0, 0.6))
@settings(max_examples=100, deadline=None)
def test_invariants(windows, smoothing_s, hold_s, least):
    target = tracker(smoothing_s=smoothing_s, min_hold_s=hold_s, min_confidence=least)
    for estimate in replay(target, windows, T0):
        total = estimate.probabilities.sum()
        assert total == pytest.approx(0.0 if estimate.state is State.NO_SPEECH else 1.0, abs=1e-5)
        assert np.all(estimate.probabilities >= 0.0)
        assert (estimate.label != '') == (estimate.state is State.EMOTION)
        assert (estimate.confidence >= least) or estimate.state is not State.EMOTION
        assert (estimate.confidence < least) or estimate.state is not State.UNCERTAIN


@given(recordings(), st.floats(0.0, 3.0))
@settings(max_examples=100, deadline=None)
def test_no_other_label_within_the_hold(windows, hold_s):
    target = tracker(smoothing_s=0.2, hysteresis=0.0, min_hold_s=hold_s, reset_after_s=600.0)
    named, named_s = '', -np.inf
    for i, estimate in enumerate(replay(target, windows, T0)):
        if estimate.label and estimate.label != named:
            assert 0.5 * i - named_s >= hold_s - 1e-3
            named, named_s = estimate.label, 0.5 * i


@given(recordings())
@settings(max_examples=50, deadline=None)
def test_same_recording_same_output_whatever_the_clock(windows):
    now, later = replay(tracker(), windows, 0.0), replay(tracker(), windows, T0)
    for a, b in zip(now, later):
        assert (a.state, a.label) == (b.state, b.label)
        assert a.probabilities == pytest.approx(b.probabilities, abs=1e-5)


@pytest.mark.parametrize('period_s', [0.1, 0.25, 1.0])
def test_period_hardly_matters(period_s):
    """A slow change from one emotion to the other is followed alike with every period."""
    def at(period):
        target = tracker(smoothing_s=2.0)
        for i in range(int(round(6.0 / period)) + 1):
            share = min(1.0, i * period / 5.0)
            window = (1 - share) * np.array(ANGER) + share * np.array(JOY)
            estimate = target.update(i * period, window, 0.8)
        return estimate

    assert at(period_s).probabilities == pytest.approx(at(0.5).probabilities, abs=0.08)
    assert at(period_s).label == at(0.5).label


def test_defaults_are_those_of_the_parameters():
    """Without ROS (ser_ros classify) the tracker behaves as the graph does out of the box."""
    path = os.path.join(os.path.dirname(__file__), '..', '..', '..', 'config', 'ser.yaml')
    with open(path, encoding='utf-8') as file:
        parameters = yaml.safe_load(file)['/**/emotion_inference']['ros__parameters']
    assert make_settings(parameters, DEFAULT_MIN_CONFIDENCE) == TrackerSettings()


def test_settings_take_the_confidence_of_the_model_where_none_is_asked_for():
    parameters = {name: low for name, (low, _) in RANGES.items()}
    parameters['model'] = 'small'
    for asked, expected in ((MODELS_OWN, 0.7), (0.0, 0.0), (0.3, 0.3)):
        parameters['min_confidence'] = asked
        assert make_settings(parameters, models_own=0.7).min_confidence == expected


@pytest.mark.parametrize('asked', [-0.5, -2.0, 1.1, float('nan')])
def test_a_confidence_that_is_none(asked):
    parameters = {name: low for name, (low, _) in RANGES.items()}
    parameters['min_confidence'] = asked
    with pytest.raises(SerError, match=f'min_confidence is {asked}; allowed: a number from 0 to 1'):
        make_settings(parameters, 0.4)
