# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""config/mitigation_korean.yaml: who is heard as anxious, in windows that come every second."""

import pathlib

import pytest
from world import World

from ser_ros.emotion.tracker import State
from ser_ros.mitigation.config import load

PATH = pathlib.Path(__file__).resolve().parents[3] / 'config' / 'mitigation_korean.yaml'


def hear(label, probability, windows, sensitivity='normal'):
    """Return the phases of what the robot does."""
    world = World(load(str(PATH)), sensitivity=sensitivity)
    rest = 'others' if label != 'others' else 'kind'
    for _ in range(windows):
        world.step(1.0)
        world.give(State.EMOTION, label, probability,
                   {label: probability, rest: 1.0 - probability})
    return world


@pytest.mark.parametrize('sensitivity', ['calm', 'normal', 'keen'])
def test_anxious_is_answered_after_a_few_seconds(sensitivity):
    world = hear('anxious', 0.9, 5, sensitivity)
    event, = world.events()
    assert (event.phase.name, event.emotion) == ('STARTED', 'anxious')
    assert 2.0 <= world.log[0][0] <= 4.0


@pytest.mark.parametrize('label, probability', [
    ('kind', 0.95), ('dry', 0.95), ('others', 0.95), ('anxious', 0.55)])
def test_nothing_else_is(label, probability):
    assert hear(label, probability, 60).log == []


def test_it_is_over_when_another_label_is_heard():
    world = hear('anxious', 0.9, 5)
    for _ in range(10):
        world.step(1.0)
        world.give(State.EMOTION, 'kind', 0.9, {'kind': 0.9, 'anxious': 0.1})
    assert world.phases() == ['STARTED', 'RECOVERED']
