# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is heard of a simulated person is what the tracker could give."""

import pytest

from ser_ros.emotion.labels import EMOTIONS
from ser_ros.emotion.tracker import State
from ser_ros.mitigation.estimates import Estimate
from ser_ros.simulation.hearing import MUMBLES, NOTHING, SILENT, Hearing, HearingSettings


def heard(sound, windows=2000, seed=1, **settings):
    hearing = Hearing(HearingSettings(**settings), windows, seed)
    return [hearing.hear(index, sound) for index in range(windows)]


@pytest.mark.parametrize('sound', [*EMOTIONS, MUMBLES])
def test_every_estimate_is_allowed(sound):
    for one in heard(sound):
        Estimate(0.0, *one).check()
        assert sum(one.probabilities.values()) == pytest.approx(1.0)
        if one.state == State.EMOTION:
            assert one.confidence == max(one.probabilities.values())
        else:
            assert one.confidence == max(one.probabilities.values()) < 0.4


@pytest.mark.parametrize('share', [0.0, 0.4, 1.0])
def test_share_of_uncertain_windows(share):
    states = [one.state for one in heard('anger', uncertain=share)]
    assert states.count(State.UNCERTAIN) / len(states) == pytest.approx(share, abs=0.03)


def test_share_of_wrong_windows():
    labels = [one.label for one in heard('anger', uncertain=0.0, wrong=0.2)]
    assert labels.count('anger') / len(labels) == pytest.approx(0.8, abs=0.03)
    assert set(labels) == set(EMOTIONS)


def test_silence_and_mumbling():
    assert set(map(id, heard(SILENT))) == {id(NOTHING)}
    assert {one.state for one in heard(MUMBLES, uncertain=0.0)} == {State.UNCERTAIN}


def test_a_given_confidence():
    hearing = Hearing(HearingSettings(uncertain=0.0), 1, 0)
    assert hearing.hear(0, 'surprise', 0.3)[1:3] == ('surprise', 0.3)


def test_the_seed_decides():
    assert heard('fear', seed=3) == heard('fear', seed=3) != heard('fear', seed=4)
