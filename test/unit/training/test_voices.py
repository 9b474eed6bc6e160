# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Baselines to train with come from other clips of the same voice."""

import numpy as np
import pytest

from ser_ros.training.fit.voices import COUNTS, HALF_CLIPS, STRANGERS, VoiceBaselines

NEUTRAL = 3


@pytest.fixture
def rows():
    """The number of the voice, the clip and the label of each row, in the row itself."""
    generator = np.random.default_rng(0)
    clips = np.arange(400)
    voices = generator.integers(2, size=400)
    labels = generator.integers(7, size=400)
    return np.stack([voices, clips, labels], axis=1).astype(np.float32)


def drawn(rows, calm=NEUTRAL):
    labels, voices = rows[:, 2].astype(int), [f'v{number:.0f}' for number in rows[:, 0]]
    baselines = VoiceBaselines(
        rows, labels, voices, rows[:, 1].astype(int), calm, np.random.default_rng(1))
    return baselines.draw(np.arange(len(rows)), np.random.default_rng(2))


def test_a_share_of_the_rows_is_of_strangers(rows):
    strangers = drawn(rows)[:, -1] == 0.0
    assert strangers.mean() == pytest.approx(STRANGERS, abs=0.08)
    assert not drawn(rows)[strangers].any()


def test_the_weight_is_that_of_the_number_of_clips(rows):
    weights = drawn(rows)[:, -1]
    allowed = [count / (count + HALF_CLIPS) for count in range(1, max(COUNTS) + 1)]
    assert all(np.isclose(weight, allowed).any() for weight in weights[weights > 0])


def test_a_baseline_is_of_the_same_voice(rows):
    baselines = drawn(rows)
    known = baselines[:, -1] > 0
    voices = baselines[known, 0] / baselines[known, -1]
    assert np.allclose(voices, rows[known, 0], atol=1e-5)


def test_a_baseline_is_mostly_calm(rows):
    baselines = drawn(rows)
    known = baselines[:, -1] > 0
    labels = baselines[known, 2] / baselines[known, -1]
    assert np.mean(np.abs(labels - NEUTRAL) < 1e-5) > 0.5


def test_without_calm_speech_a_baseline_is_of_one_emotion(rows):
    baselines = drawn(rows, calm=None)
    known = baselines[:, -1] > 0
    labels = baselines[known, 2] / baselines[known, -1]
    assert np.allclose(labels, np.round(labels), atol=1e-4)


def test_a_voice_with_one_clip_stays_a_stranger():
    baselines = VoiceBaselines(
        np.ones((1, 2), np.float32), np.zeros(1, int), ['v'], np.zeros(1, int), None,
        np.random.default_rng(0))
    assert not baselines.draw(np.zeros(20, int), np.random.default_rng(0)).any()
