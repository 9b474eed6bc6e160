# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Low and high voices, women and men, on values worked out by hand."""

import math
from pathlib import Path

import numpy as np
import pytest

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.emotion.tracker import State
from ser_ros.evaluation import fairness, report_fairness
from ser_ros.evaluation.document import Table, to_markdown
from ser_ros.evaluation.fairness import Rate
from ser_ros.evaluation.scoring import ClipScores

LABELS = ('neutral', 'anger', 'fear')
NAN = float('nan')


def clip(speaker, emotion, sex=''):
    return Clip('c', Path(f'{speaker}.wav'), speaker, LABELS.index(emotion), sex)


def heard(emotion, *pitch_hz, speech=True):
    """Return scores of windows of these pitches, all answered with one emotion."""
    count = len(pitch_hz)
    return ClipScores(
        np.tile(np.eye(3, dtype=np.float32)[LABELS.index(emotion)], (count, 1)),
        np.arange(count) * 0.5, np.ones(count),
        (State.EMOTION if speech else State.NO_SPEECH,) * count, (emotion,) * count,
        np.zeros(count), np.array(pitch_hz))


def measure(*pairs):
    clips, scores = zip(*pairs, strict=True)
    return fairness.measure(clips, scores, LABELS)


@pytest.mark.parametrize('pitch_hz, name', [
    (80, 'under 140 Hz'), (139.9, 'under 140 Hz'), (140, '140 to 180 Hz'), (180, '140 to 180 Hz'),
    (180.1, 'over 180 Hz'), (NAN, '')])
def test_groups_of_pitch(pitch_hz, name):
    assert fairness.pitch_name(pitch_hz) == name


def test_the_pitch_of_a_speaker_is_that_of_neutral_clips():
    found = measure(
        (clip('a', 'neutral'), heard('neutral', 100, 120, NAN)),
        (clip('a', 'neutral'), heard('neutral', 130)),
        (clip('a', 'anger'), heard('anger', 300)),
        (clip('b', 'anger'), heard('anger', 200, 210)),
        (clip('b', 'fear'), heard('fear', 250)),
        (clip('c', 'fear'), heard('fear', NAN)))
    assert found.pitch_hz == {'a': 120, 'b': 227.5, 'c': pytest.approx(NAN, nan_ok=True)}
    assert [group.name for group in found.groups['pitch']] == ['under 140 Hz', 'over 180 Hz']
    assert [group.clips for group in found.groups['pitch']] == [3, 2]
    assert 'sex' not in found.groups


def test_recall_of_neutral_and_precision_by_pitch_and_sex():
    found = measure(
        (clip('low', 'neutral', 'male'), heard('neutral', 100)),
        (clip('low', 'neutral', 'male'), heard('neutral', 100)),
        (clip('low', 'anger', 'male'), heard('anger', 150)),
        (clip('high', 'neutral', 'female'), heard('neutral', 220)),
        (clip('high', 'neutral', 'female'), heard('anger', 220)),
        (clip('high', 'anger', 'female'), heard('anger', 250)),
        (clip('high', 'fear', 'female'), heard('fear', 250)),
        (clip('other', 'neutral', 'other'), heard('fear', 160)),
        (clip('', 'neutral'), heard('anger', 220)))
    low, middle, high = found.groups['pitch']
    assert (low.name, low.speakers, low.clips) == ('under 140 Hz', 1, 3)
    assert low.rates['recall of neutral'] == Rate(2, 2)
    assert middle.rates['precision of fear'] == Rate(0, 1)
    assert high.rates['recall of neutral'] == Rate(1, 2)
    assert high.rates['precision of anger'] == Rate(1, 2)
    assert high.rates['precision of fear'] == Rate(1, 1)
    # What the corpus does not have says nothing of voices.
    assert high.rates['precision of disgust'] == Rate(0, 0)
    assert math.isnan(high.rates['precision of disgust'].share)
    women, men, other = found.groups['sex']
    assert [women.name, men.name, other.name] == ['female', 'male', 'other']
    assert women.rates == high.rates and men.rates == low.rates
    gaps = fairness.gaps(found.groups['pitch'], min_clips=1)
    assert gaps['recall of neutral'] == 1
    assert gaps['precision of anger'] == 0.5
    assert gaps['precision of fear'] == 1
    assert math.isnan(gaps['precision of disgust'])
    assert all(map(math.isnan, fairness.gaps(found.groups['pitch']).values()))
    assert fairness.gaps([]) == {}


def test_the_tables_of_the_report():
    pairs = [(clip(speaker, 'neutral', sex), heard(emotion, pitch_hz))
             for speaker, sex, emotion, pitch_hz, count in [
                 ('a', 'male', 'neutral', 100, 9), ('a', 'male', 'anger', 100, 3),
                 ('b', 'female', 'neutral', 200, 4), ('b', 'female', 'fear', 200, 6)]
             for _ in range(count)]
    found = measure(*pairs)
    blocks = report_fairness.build({'c': found})
    by_pitch, by_sex = (block for block in blocks if isinstance(block, Table))
    assert by_pitch.header[:4] == ['corpus', 'voices', 'clips, speakers', 'recall of neutral']
    assert [row[:4] for row in by_pitch.rows] == [
        ['c', 'under 140 Hz', '12, 1', '75.0 (9 of 12)'],
        ['c', 'over 180 Hz', '10, 1', '40.0 (4 of 10)'], ['c', 'gap', '', '35.0']]
    assert by_sex.rows[-1][:4] == ['c', 'gap', '', '35.0']
    assert all(len(row) == len(by_pitch.header) for row in by_pitch.rows)
    assert '### By sex of the speaker' in to_markdown(blocks)
    values = fairness.as_json({'c': found})['c']
    assert values['pitch_hz'] == {'a': 100, 'b': 200}
    assert values['sex']['gap']['recall of neutral'] == pytest.approx(0.35)
    assert values['pitch']['groups'][0]['recall of neutral'] == {
        'share': 0.75, 'right': 9, 'of': 12}
    assert values['pitch']['groups'][0]['precision of fear']['share'] is None


def test_unknown_speakers_have_no_tables():
    found = measure((clip('', 'neutral'), heard('neutral', 100)))
    assert report_fairness.build({'c': found}) == []


def test_one_group_has_no_gap():
    blocks = report_fairness.build({'c': measure((clip('a', 'anger'), heard('anger', 100)))})
    table = next(block for block in blocks if isinstance(block, Table))
    assert [row[1] for row in table.rows] == ['under 140 Hz']
