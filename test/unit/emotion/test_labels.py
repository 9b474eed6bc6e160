# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The names of the emotions fit together."""

from ser_ros.emotion import labels


def test_the_main_emotions_are_the_first_four():
    assert labels.MAIN_EMOTIONS == ('happiness', 'anger', 'sadness', 'neutral')


def test_every_emotion_has_its_own_hri_expression():
    assert tuple(labels.HRI_EXPRESSIONS) == labels.EMOTIONS
    assert len(set(labels.HRI_EXPRESSIONS.values())) == len(labels.EMOTIONS)
