# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The scenarios that come with the package hold, with the mitigation file that does."""

import pathlib

import pytest

from ser_ros.errors import SerError
from ser_ros.mitigation import config
from ser_ros.resources import share_path
from ser_ros.simulation import scenario
from ser_ros.simulation.crowd import Crowd, outcomes
from ser_ros.simulation.expectations import missed
from ser_ros.simulation.process import ResponderSettings
from ser_ros.simulation.record import Record
from ser_ros.simulation.scenario import Expected

ROOT = pathlib.Path(__file__).resolve().parents[3]
FILES = sorted(ROOT.glob('config/scenarios/*.yaml'))
CONFIG = config.load(share_path('config', 'mitigation.yaml'))


@pytest.mark.parametrize('seed', [0, 1])
@pytest.mark.parametrize('path', FILES, ids=lambda path: path.stem)
def test_scenario_holds(path, seed):
    content = scenario.load(str(path))
    crowd = Crowd(ResponderSettings(CONFIG), content, content.duration_s, seed)
    found = list(outcomes(crowd, content.persons))
    assert missed(content.expect, [outcome.record for outcome in found]) == []
    assert [sentence for outcome in found for sentence in outcome.broken] == []


def record(*entries):
    made = Record(None, 100.0, False)
    for at_s, what, values in entries:
        made.note(at_s, what, values)
    return made


START, END = (5.0, 'mitigation', {'phase': 'STARTED'}), (9.0, 'mitigation', {'phase': 'STALE'})


@pytest.mark.parametrize(('expected', 'sentence'), [
    ({'phases': ('STARTED', 'RECOVERED')}, 'the messages are STARTED, STALE; expected: STARTED'),
    ({'answered_within_s': 4.0}, 'after 5.0 s in the median; expected: at most 4 s'),
    ({'from_s': 6.0}, 'an answer comes before 6 s'),
    ({'answers_at_most': 0}, '1 answers are heard; expected: at most 0'),
    ({'notices': 1}, 'a human is called 0 times; expected: 1'),
    ({'quiet_after_s': 4.0}, 'an answer is heard at 5.0 s; expected: none after 4 s'),
])
def test_what_is_missed(expected, sentence):
    made = record(START, (5.0, 'say', {}), END)
    assert sentence in missed(Expected(**expected), [made])[0]
    assert missed(Expected(), [made]) == []


def test_the_median_is_over_all_persons():
    made = [record(START, END), record(), record(START, END)]
    assert missed(Expected(answered_within_s=5.0), made) == []
    assert missed(Expected(answered_within_s=5.0), made + [record()]) != []


@pytest.mark.parametrize(('line', 'error'), [
    ('- {feels: [joy], for_s: 2}', 'allowed: one of silent, mumbles, happiness'),
    ('- {feels: [anger]}', "the key 'for_s' is missing"),
    ('- {feels: [anger], for_s: 2}\nfaults: [{at_s: 1, what: fire}]', 'faults[0].what'),
])
def test_wrong_values(tmp_path, line, error):
    path = tmp_path / 'own.yaml'
    path.write_text(f'description: d\nduration_s: 5\nperson:\n{line}\n')
    with pytest.raises(SerError, match='own.yaml') as caught:
        scenario.load(str(path))
    assert error in str(caught.value)
