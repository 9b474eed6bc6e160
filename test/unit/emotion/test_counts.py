# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Counts and shares of the emotions that were named."""

import pytest

from ser_ros.emotion.counts import EmotionCounts

LABELS = ['anger', 'fear', 'joy']
HEARD = (('EMOTION', 'fear'), ('UNCERTAIN', ''), ('NO_SPEECH', ''), ('EMOTION', 'fear'))


@pytest.fixture
def counts():
    found = EmotionCounts()
    for state, label in HEARD:
        found.add(state, label, LABELS)
    return found


def test_counts(counts):
    assert len(counts) == 4
    assert counts.counts() == {'anger': 0, 'fear': 2, 'joy': 0, 'uncertain': 1, 'no_speech': 1}


def test_shares_add_up_to_one(counts):
    values = counts.shares()
    assert list(values) == LABELS + ['uncertain', 'no_speech']
    assert (values['fear'], values['uncertain'], values['no_speech']) == (0.5, 0.25, 0.25)
    assert sum(values.values()) == pytest.approx(1.0)


def test_nothing_is_counted():
    assert EmotionCounts(LABELS[:1]).shares() == {'anger': 0.0, 'uncertain': 0.0, 'no_speech': 0.0}


def test_labels_can_come_later():
    counts = EmotionCounts(['joy'])
    counts.add('EMOTION', 'fear', ['fear', 'joy'])
    assert list(counts.counts()) == ['joy', 'fear', 'uncertain', 'no_speech']
