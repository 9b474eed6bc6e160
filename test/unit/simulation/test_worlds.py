# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Learning in worlds whose chances are known; benchmarks/learning.py is the long version."""

from statistics import mean

from ser_ros.mitigation.learning import Learner
from ser_ros.simulation.worlds import SILENCE, WORLDS, Uniform, live

EPISODES = 100
SEEDS = range(2)


def recovered(world, learner, names=None):
    return mean(live(world, learner, names or world.strategies, EPISODES, seed).recovered
                for seed in SEEDS)


def test_learning_finds_the_better_one():
    assert recovered(WORLDS[0], Learner) > recovered(WORLDS[0], Uniform) + 0.03


def test_the_chances_are_those_of_the_world():
    for name, chance in WORLDS[0].chances[0].items():
        assert abs(recovered(WORLDS[0], None, [name]) - chance) < 0.1


def test_all_episodes_take_place():
    assert live(WORLDS[1], Learner, WORLDS[1].strategies, EPISODES, 0).episodes == EPISODES


def test_silence_teaches_nothing():
    result = live(SILENCE, Learner, SILENCE.strategies, EPISODES, 0)
    assert result.recovered == 0.0
    assert not any(any(counts) for counts in result.learned.values())
