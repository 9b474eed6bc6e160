# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which strategy helps is learned from recoveries, and from nothing that says little."""

import random
from statistics import mean, stdev

import pytest
from world import World, calm, config, say, strategy

from ser_ros.mitigation import learned_report
from ser_ros.mitigation.config import LearningSettings
from ser_ros.mitigation.learning import Learner
from ser_ros.mitigation.strategies import Step

BOTH = {'anger': (calm(), strategy('other', Step((say('other'),), 5.0)))}
EPISODES = 400


def helps(world, episode):
    """Return the probability that each strategy helps."""
    first, second = {'better': (0.4, 0.7), 'equal': (0.55, 0.55),
                     'changes': (0.7, 0.4) if episode < EPISODES / 2 else (0.4, 0.7)}[world]
    return {'one': first, 'two': second}


def play(world, seed):
    """Return the shares that recover: learned, uniform, and with each fixed choice."""
    learner = Learner(LearningSettings(), seed)
    draw = random.Random(seed + 1000).random
    learned, uniform, fixed = 0, 0.0, {'one': 0.0, 'two': 0.0}
    for episode in range(EPISODES):
        chances, luck = helps(world, episode), draw()
        name = learner.choose('anger', ('one', 'two'), episode)
        learner.learn('anger', name, luck < chances[name])
        learned += luck < chances[name]
        uniform += mean(luck < chance for chance in chances.values())
        for name, chance in chances.items():
            fixed[name] += luck < chance
    return [value / EPISODES for value in (learned, uniform, *fixed.values())]


@pytest.mark.parametrize('world', ['better', 'equal', 'changes'])
def test_learning_against_the_best_and_the_uniform_choice(world):
    learned, uniform, *fixed = zip(*(play(world, seed) for seed in range(20)))
    gain = [mine - other for mine, other in zip(learned, uniform)]
    error = 2.0 * stdev(gain) / 20 ** 0.5
    if world == 'equal':
        assert abs(mean(gain)) <= 0.01 + error
    else:
        assert mean(gain) - error > 0.0
    if world != 'changes':
        assert mean(learned) >= max(map(mean, fixed)) - 0.03


class TestLearner:
    def test_choices_are_repeatable_and_go_on_after_a_restart(self):
        names = ('one', 'two')
        chosen = [Learner(LearningSettings(), 5).choose('anger', names, episode)
                  for episode in range(40)]
        assert chosen == [Learner(LearningSettings(), 5).choose('anger', names, episode)
                          for episode in range(40)]
        assert set(chosen) == set(names)
        assert len({tuple(Learner(LearningSettings()).choose('anger', names, episode)
                          for episode in range(40)) for _ in range(5)}) > 1

    def test_the_prior_is_that_of_the_file(self):
        learner = Learner(LearningSettings(helped=3.0, not_helped=2.0))
        assert learner.distribution('anger', 'one') == (3.0, 2.0)

    def test_results_fade(self):
        learner = Learner(LearningSettings(half_life=10.0))
        learner.learn('anger', 'one', True)
        for _ in range(10):
            learner.learn('anger', 'two', False)
        learner.learn('fear', 'one', False)
        assert learner.distribution('anger', 'one')[0] == pytest.approx(1.5)

    def test_a_person_knows_better(self):
        learner = Learner(LearningSettings())
        learner.learn('anger', 'one', True)
        learner.correct('anger', 'one', False)
        assert learner.counts == {'anger': {'one': (0.0, 1.0)}}
        learner.correct('anger', 'one', True)
        assert learner.counts == {'anger': {'one': (1.0, 0.0)}}


RECOVERY = 'AAAA' + 'N' * 8
LATER = 'N' * 45


def results(heard, then=None, **timing):
    """Return how often the strategy helped and did not in what the learner knows."""
    world = World(config(BOTH, **timing), learner=Learner(LearningSettings(), 1))
    world.hear(heard)
    if then is not None:
        then(world)
    counts = world.policy.memory.learned.get('anger', {})
    return tuple(map(sum, zip(*counts.values()))) or (0.0, 0.0)


class TestReward:
    def test_a_recovery_counts_when_no_relapse_followed(self):
        assert results(RECOVERY) == (0.0, 0.0)
        assert results(RECOVERY + LATER) == (1.0, 0.0)

    def test_a_relapse_does_not_help(self):
        only = {'anger': (calm(),)}
        world = World(config(only), learner=Learner(LearningSettings(), 1))
        world.hear(RECOVERY + 'A' * 8 + 'N' * 60)
        assert world.phases() == ['STARTED', 'RECOVERED', 'STARTED', 'RECOVERED']
        assert world.policy.memory.learned == {'anger': {'calm': (0.0, 1.0)}}

    def test_an_end_of_the_steps_does_not_help(self):
        assert results('A' * 60) == (0.0, 1.0)

    @pytest.mark.parametrize('heard', ['AAAA' + '-' * 200, 'AAAA' + '?' * 200])
    def test_silence_says_nothing(self, heard):
        assert results(heard) == (0.0, 0.0)

    def test_a_pause_says_nothing_and_neither_does_a_loss(self):
        assert results('AAAA', lambda world: world.policy.pause(world.now(), True)) == (0.0, 0.0)
        assert results('AAAA', lambda world: world.wait(30.0)) == (0.0, 0.0)

    def test_a_late_recovery_does_not_count(self):
        content = config(BOTH, learning={'reward_s': 1.0})
        world = World(content, learner=Learner(content.learning, 1)).hear(RECOVERY + LATER)
        (counts,) = world.policy.memory.learned['anger'].values()
        assert counts == (0.0, 1.0)

    def test_feedback_overrides_the_result(self):
        assert results(RECOVERY, lambda world: world.policy.feedback(False)) == (0.0, 1.0)
        assert results(RECOVERY + LATER, lambda world: world.policy.feedback(False)) == (0.0, 1.0)
        assert results('A' * 60, lambda world: world.policy.feedback(True)) == (1.0, 0.0)
        assert results('AAAA' + '-' * 40, lambda world: world.policy.feedback(True)) == (1.0, 0.0)

    def test_feedback_in_an_episode_counts_at_its_end(self):
        def praise(world):
            assert world.policy.feedback(True)
            assert world.policy.memory.learned == {}
            world.hear('A' * 60)
        assert results('AAAA', praise) == (1.0, 0.0)

    def test_without_a_learner_the_first_is_chosen_and_what_was_learned_is_kept(self):
        world = World(config(BOTH), learner=Learner(LearningSettings(), 1))
        world.hear(RECOVERY + LATER * 2)
        learned = world.policy.memory.learned
        world.options = {}
        world.restart().hear(RECOVERY + LATER)
        assert world.events()[-1].episode == 2 and world.events()[-1].strategy == 'calm'
        assert world.policy.memory.learned == learned

    def test_it_goes_on_after_a_restart(self):
        world = World(config(BOTH), learner=Learner(LearningSettings(), 1)).hear(RECOVERY)
        world.options = {'learner': Learner(LearningSettings(), 1)}
        world.restart().hear(LATER)
        (counts,) = world.policy.memory.learned['anger'].values()
        assert counts == (1.0, 0.0)


def test_the_report_says_how_sure_the_results_are():
    learner = Learner(LearningSettings(half_life=1e6))
    for helped in (True, True, True, False):
        learner.learn('anger', 'one', helped)
    learner.learn('anger', 'two', False)
    one, two = learned_report.rows(learner)
    assert (one.emotion, one.strategy) == ('anger', 'one')
    assert (one.tried, one.helped) == (pytest.approx(4, abs=0.01), pytest.approx(3, abs=0.01))
    assert one.share == pytest.approx(4 / 6, abs=0.01)
    assert one.from_prior == pytest.approx(4 / 6 - 0.5, abs=0.01)
    # Beta(4, 2) and Beta(1, 2).
    assert one.interval == (pytest.approx(0.284, abs=0.005), pytest.approx(0.947, abs=0.005))
    assert two.interval == (pytest.approx(0.013, abs=0.005), pytest.approx(0.842, abs=0.005))
