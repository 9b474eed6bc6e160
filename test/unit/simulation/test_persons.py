# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Persons follow their script, or their moods."""

from ser_ros.simulation.hearing import SILENT, SOUNDS
from ser_ros.simulation.persons import Part, RandomPerson, ScriptedPerson


def sounds(person, until_s, from_s=0.0):
    return [person.sound(from_s + index / 2) for index in range(int((until_s - from_s) * 2))]


def test_parts_follow_each_other():
    person = ScriptedPerson([Part(('neutral',), 2.0), Part(('anger',), 1.0, person=2)])
    assert sounds(person, 4.0) == ['neutral'] * 4 + ['anger'] * 2 + [SILENT] * 2
    assert person.number == 2


def test_turns_and_sentences():
    assert sounds(ScriptedPerson([Part(('anger', 'fear'), 4.0, each_s=1.0)]), 4.0) == [
        'anger', 'anger', 'fear', 'fear'] * 2
    talk = sounds(ScriptedPerson([Part(('anger',), 6.0, sentence_s=2.0, pause_s=1.0)]), 6.0)
    assert talk == (['anger'] * 4 + [SILENT] * 2) * 2


def test_an_answer_ends_a_part():
    person = ScriptedPerson([Part(('anger',), 60.0, until_answers=2), Part(('neutral',), 2.0)])
    assert person.sound(1.0) == 'anger'
    person.answered(2.0, 'any')
    assert person.sound(3.0) == 'anger'
    person.answered(4.0, 'any')
    assert sounds(person, 7.0, 4.5) == ['neutral'] * 3 + [SILENT] * 2


def test_random_persons_do_everything():
    found, numbers = set(), set()
    for seed in range(10):
        person = RandomPerson(seed)
        for index in range(2000):
            found.add(person.sound(index / 2))
            if index % 50 == 0:
                person.answered(index / 2, 'any')
        numbers.add(person.number)
    assert found == set(SOUNDS)
    assert len(numbers) > 1
