# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Talks of one speaker: planned alike each time, answered by the graph's own steps, and counted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.emotion.settings import TrackerSettings
from ser_ros.errors import SerError
from ser_ros.evaluation.scoring import WindowScores
from ser_ros.evaluation.talks import building, choice, figures, listening, outcomes
from ser_ros.evaluation.talks.building import CALM_S, Talk
from ser_ros.evaluation.talks.outcomes import Limits, Outcome
from ser_ros.mitigation import config as mitigation_file
from ser_ros.resources import share_path

LABELS = ('anger', 'neutral', 'happiness', 'fear')
LIMITS = Limits(0.3, 1.5)


def clips(corpus, speaker, *labels):
    return [Clip(corpus, Path(f'{speaker}{index}.wav'), speaker, label)
            for index, label in enumerate(labels)]


FOUND = [*clips('east', 'a', 0, 0, 1, 1, 2), *clips('east', 'b', 0, 1), *clips('west', 'c', 1, 3),
         *clips('west', 'd', 0)]


def test_each_corpus_has_the_same_number_of_talks_which_its_speakers_share():
    talks = building.plan(FOUND, LABELS, 3, 2)
    assert talks == building.plan(FOUND, LABELS, 3, 2)
    assert talks != building.plan(FOUND, LABELS, 3, 2, seed=1)
    assert [(talk.corpus, talk.emotion, talk.speaker) for talk in talks] == [
        ('east', 'anger', 'a'), ('east', 'anger', 'b'), ('east', 'anger', 'a'),
        ('east', 'neutral', 'a'), ('east', 'neutral', 'b'),
        ('east', 'happiness', 'a'), ('east', 'happiness', 'a'),
        ('west', 'fear', 'c'), ('west', 'fear', 'c'), ('west', 'fear', 'c'),
        ('west', 'neutral', 'c'), ('west', 'neutral', 'c')]
    for talk in talks:
        assert {LABELS[clip.label] for clip in talk.clips} == {talk.emotion}
        assert {LABELS[clip.label] for clip in talk.calm_clips} == {'neutral'}


def test_more_calm_talk_comes_first():
    one, other = (building.plan(FOUND, LABELS, 1, 1, calm_s=calm_s) for calm_s in (20.0, 60.0))
    assert [replace(talk, calm_s=20.0) for talk in other] == one
    assert one != other


def test_a_talk_needs_a_known_speaker_with_calm_clips():
    with pytest.raises(SerError, match='column speaker'):
        building.plan(clips('east', '', 0, 1), LABELS, 1, 1)
    with pytest.raises(SerError, match='no speaker has neutral clips'):
        building.plan(clips('east', 'a', 0, 3), LABELS, 1, 1)
    with pytest.raises(SerError, match='0.0 s; allowed: over 0 to 3600 s'):
        building.plan(FOUND, LABELS, 1, 1, calm_s=0.0)


def test_the_sound_is_calm_for_20_s_and_then_in_the_emotion(monkeypatch):
    def read(path):
        return np.full(24000, 0.5 if 'calm' in path.name else 0.25, np.float32)

    monkeypatch.setattr(building, 'read_samples', read)
    talk = Talk('c', 's', 'anger', (Clip('c', Path('calm.wav'), 's', 1),),
                (Clip('c', Path('angry.wav'), 's', 0),), 20.0, 8.0, 5)
    sound = talk.sound()
    assert sound.dtype == np.float32 and len(sound) == 28 * 16000
    np.testing.assert_array_equal(np.unique(sound[:20 * 16000]), [0, 0.5])
    np.testing.assert_array_equal(np.unique(sound[20 * 16000:]), [0, 0.25])
    assert not sound[20 * 16000 - round(0.3 * 16000):20 * 16000].any()
    np.testing.assert_array_equal(talk.sound(), sound)
    assert not np.array_equal(replace(talk, seed=6).sound(), sound)


def talk_of(emotion, corpus='c', speaker='s'):
    long = emotion in building.UNANSWERED
    return Talk(corpus, speaker, emotion, (), (), CALM_S, 120.0 if long else 20.0, 0)


def heard(*emotions):
    """Return scores of 40 s, a window each half second, surely of an emotion from a time on."""
    end_s = np.arange(0.5, 40.5, 0.5)
    rows = np.zeros((len(end_s), len(LABELS)))
    for start_s, emotion in emotions:
        rows[end_s > start_s] = 0.1
        rows[end_s > start_s, LABELS.index(emotion)] = 0.7
    return WindowScores(rows, end_s, np.ones(len(end_s)))


def play(talk, scores, *sweep):
    found = dict(outcomes.outcomes(
        [talk], [scores], LABELS, TrackerSettings(smoothing_s=0.0),
        mitigation_file.load(share_path('config', 'mitigation.yaml')), sweep))
    return [found[limits][0] for limits in sweep]


def test_the_policy_answers_with_the_limits_that_are_tried():
    scores = heard((0, 'neutral'), (CALM_S, 'anger'))
    soon, late, never, nor = play(
        talk_of('anger'), scores, LIMITS, replace(LIMITS, hold_s=3.0),
        replace(LIMITS, hold_s=12.0), replace(LIMITS, min_confidence=0.9))
    assert (soon.emotion, soon.calm_starts, soon.starts) == ('anger', 0, 1)
    assert 1.5 <= soon.delay_s < late.delay_s and late.right(20)
    assert soon.right(10) and soon.answered(10)
    assert never.delay_s is None and not never.answered(20) and never == nor


def test_another_answer_is_an_answer_but_not_right():
    outcome, = play(talk_of('fear'), heard((0, 'neutral'), (CALM_S, 'anger')), LIMITS)
    assert outcome.answered(10) and not outcome.right(20)


def test_an_answer_in_the_calm_part_is_wrong_and_delays_the_right_one():
    scores = heard((0, 'anger'), (10, 'neutral'), (CALM_S, 'anger'))
    outcome, = play(talk_of('anger'), scores, LIMITS)
    assert (outcome.calm_starts, outcome.starts) == (1, 1)
    calm, = play(talk_of('neutral'), scores, LIMITS)
    assert calm.wrong_starts == 2 and calm.hours == pytest.approx(140 / 3600)
    happy, = play(talk_of('happiness'), scores, LIMITS)
    assert happy.wrong_starts == 1 and happy.hours == pytest.approx(120 / 3600)


def outcome_of(emotion, right=False, wrong=0, corpus='c', speaker='s', delay_s=5.0):
    return Outcome(talk_of(emotion, corpus, speaker), 0, wrong, emotion if right else '',
                   delay_s if right else None)


def test_rates_come_with_intervals_over_speakers():
    found = {(entry.emotion, entry.measure): entry for entry in figures.rates([
        outcome_of('anger', True, speaker='a'), outcome_of('anger', True, speaker='a'),
        outcome_of('anger', False, speaker='b'), outcome_of('anger', False, speaker='b'),
        outcome_of('neutral', wrong=7), outcome_of('neutral')])}
    right = found['anger', 'right within 10 s']
    assert (right.value, right.interval) == (0.5, (0.0, 1.0))
    assert (right.speakers, right.talks) == (2, 4)
    wrong = found['neutral', figures.WRONG]
    assert wrong.value == pytest.approx(7 * 3600 / 280) and wrong.speakers == 1


def test_what_is_answered_first_is_counted():
    counts = figures.started([outcome_of('anger', True), outcome_of('anger')])
    assert counts == {'anger': {'anger': 1, '': 1}}


def test_soon_and_sooner():
    found = choice.trades([
        outcome_of('anger', True), outcome_of('anger', True, delay_s=5.1),
        outcome_of('anger', True, delay_s=10.1), outcome_of('anger'), outcome_of('neutral')])['c']
    assert (found.quick, found.right, found.answered) == (0.25, 0.5, 0.5)


def trade(wrong, right, hours=10.0):
    return choice.Trade(wrong, right, right, right, hours)


HASTY, STEADY, STRICT = (Limits(0.5, hold_s) for hold_s in (1.0, 2.0, 3.0))
SWEPT = {HASTY: {'east': trade(9, 0.9), 'west': trade(3, 0.8)},
         STEADY: {'east': trade(3, 0.6), 'west': trade(0, 0.4)},
         STRICT: {'east': trade(0, 0.2), 'west': trade(0, 0.2)}}


@pytest.mark.parametrize('allowed, expected', [
    (7, HASTY), (6, STEADY), (1.6, STEADY), (1.5, STRICT), (0.05, STRICT), (0.04, None)])
def test_the_limits_with_most_right_answers_are_chosen_with_a_start_in_reserve(allowed, expected):
    assert choice.choose(SWEPT, ['east', 'west'], allowed) == expected


def test_what_the_others_choose_is_judged_by_the_one_left_out():
    found = choice.leave_one_out(SWEPT, ['east', 'west'], 4.0)
    assert found == {'east': (HASTY, SWEPT[HASTY]['east']), 'west': (STEADY, SWEPT[STEADY]['west'])}


def test_trades_weigh_emotions_and_corpora_the_same():
    found = choice.trades([
        outcome_of('anger', True), outcome_of('fear'), outcome_of('fear'),
        outcome_of('neutral', wrong=7), outcome_of('happiness')])
    assert found['c'].right == 0.5
    assert found['c'].wrong_per_hour == pytest.approx(7 * 3600 / 140 / 2)
    assert found['c'].hours == pytest.approx(260 / 3600)


def test_the_model_hears_a_talk_once(tmp_path, monkeypatch):
    talks = building.plan(FOUND, LABELS, 1, 1)
    asked = []

    def hear(recognizer, talk):
        asked.append(talk)
        return heard((0, 'neutral'), (float(len(asked)), 'anger'))

    class Quiet:
        def track(self, items, title, total):
            return items

    class Stub:
        class info:
            sha256 = 'abc'
        precision, period_s = 'fp32', 0.5

    monkeypatch.setattr(listening, '_hear', hear)
    first = listening.listen(Stub, talks, Quiet(), tmp_path)
    second = listening.listen(Stub, talks, Quiet(), tmp_path)
    assert asked == talks
    for one, other in zip(first, second):
        np.testing.assert_array_equal(one.probabilities, other.probabilities)
        np.testing.assert_array_equal(one.end_s, other.end_s)
    listening.listen(Stub, talks, Quiet(), tmp_path, name='baseline running')
    assert len(asked) == 2 * len(talks)
