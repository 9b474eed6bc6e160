# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Changes of emotion: planned alike each time, joined without pauses, timed by the label."""

import math
from pathlib import Path

import numpy as np
import pytest

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.emotion.tracker import State
from ser_ros.evaluation import emotion_changes
from ser_ros.evaluation.scoring import ClipScores, Scorer
from ser_ros.recognizer import Recognizer

LABELS = ('happiness', 'anger')


def clips(speaker, *labels):
    return [Clip('c', Path(f'{speaker}{index}.wav'), speaker, label)
            for index, label in enumerate(labels)]


def said(*labels):
    """Return scores of windows that end at 1, 2, ... s with these labels."""
    count = len(labels)
    states = tuple(State.EMOTION if label else State.UNCERTAIN for label in labels)
    return ClipScores(np.zeros((count, 2)), np.arange(1., count + 1), np.ones(count), states,
                      labels, np.zeros(count), np.full(count, np.nan))


def test_the_plan_is_the_same_each_time():
    found = [*clips('a', 0, 0, 1, 2), *clips('b', 0, 1), *clips('', 0, 1), *clips('d', 0, 0)]
    planned = emotion_changes.plan(found, 4)
    assert planned == emotion_changes.plan(found, 4)
    assert [change.speaker for change in planned] == ['a'] * 4 + ['b'] * 2
    for change in planned:
        assert change.before != change.after
        assert {clip.label for clip in change.before_clips} == {change.before}
        assert {clip.speaker for clip in change.after_clips} == {change.speaker}
    assert emotion_changes.plan(found, 0) == []


CHANGE = emotion_changes.Change('c', 's', 0, 1, (), ())


@pytest.mark.parametrize('labels, expected', [
    (['happiness', 'happiness', 'happiness', 'anger', 'anger'], (True, 1.5, 1.5)),
    (['happiness', 'happiness', '', '', 'anger'], (True, 0.5, 2.5)),
    (['happiness', 'happiness', 'happiness', 'happiness'], (True, None, None)),
    (['happiness', '', 'anger'], (False, 0.5, 0.5)),
    (['anger', 'anger', 'anger'], (False, 0.5, 0.5))])
def test_the_time_to_the_label(labels, expected):
    found = emotion_changes.respond(CHANGE, said(*labels), 2.5, LABELS)
    assert (found.named_before, found.left_s, found.named_s) == expected


def test_the_summary():
    responses = [emotion_changes.Response(CHANGE, *values) for values in [
        (True, 1., 2.), (True, 1., 4.), (True, 3., None), (True, None, None), (False, 0.5, 0.5)]]
    found = emotion_changes.summarise(responses)
    assert (found.changes, found.named_before, found.followed) == (5, 0.8, 0.5)
    assert (found.median_s, found.left_median_s) == (3, 1)
    assert found.slow_s == pytest.approx(3.8)
    nothing = emotion_changes.summarise(responses[-1:])
    assert nothing.named_before == 0
    assert math.isnan(nothing.followed) and math.isnan(nothing.median_s)


def test_pauses_are_cut_off():
    samples = np.zeros(16000, np.float32)
    samples[3200:9600:2] = 0.5
    samples[12000:] = 0.001
    np.testing.assert_array_equal(emotion_changes.trim(samples), samples[3200:9600])
    silence = np.zeros(1000, np.float32)
    assert len(emotion_changes.trim(silence)) == 960


def test_from_files_to_the_time(write_wav, noise, classifier, loud_is_speech):
    paths = [Path(write_wav(f'{index}.wav', noise(2.0, seed=index))) for index in range(2)]
    found = [Clip('c', path, 's', index) for index, path in enumerate(paths)]
    joined = emotion_changes.join(found[:1], 3.0)
    assert len(joined) == 48000
    scorer = Scorer(Recognizer(classifier))
    response, = emotion_changes.measure(scorer, emotion_changes.plan(found, 1))
    assert response.change.speaker == 's'
    assert response.named_s is None or 0 < response.named_s <= emotion_changes.AFTER_S
