# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All promises are kept whatever happens, and a record that breaks one is noticed."""

import time
from dataclasses import replace
from datetime import datetime

import pytest

from ser_ros.mitigation import config
from ser_ros.mitigation.learning import Learner
from ser_ros.mitigation.timing import AnswerLimits
from ser_ros.resources import share_path
from ser_ros.simulation.crowd import Crowd, outcomes
from ser_ros.simulation.faults import KINDS, draw_faults
from ser_ros.simulation.invariants import broken
from ser_ros.simulation.process import ResponderSettings
from ser_ros.simulation.record import Record, rules_of

CONFIG = config.load(share_path('config', 'mitigation.yaml'))
RULES = rules_of(CONFIG, 'normal')
PERSONS = 200


def message(at_s, phase, episode=1, text='', emotion='anger', strategy='make_room', **values):
    values = dict(phase=phase, episode=episode, text=text, emotion=emotion, strategy=strategy,
                  **values)
    return at_s, 'mitigation', values


def say(at_s, ends_s=None):
    return at_s, 'say', {'text': 'a', 'starts_s': at_s, 'ends_s': ends_s or at_s + 2.0}


def found(*entries, rules=RULES, starts=datetime(2026, 1, 1, 12)):
    record = Record(starts, 10000.0, False)
    for entry in entries:
        record.note(*entry)
    return broken(record, rules)


STARTED, RECOVERED = message(10.0, 'STARTED', heard=0.9), message(50.0, 'RECOVERED')
QUIET = dict(RULES, limits={'per_hour': 12, 'per_day': 60, 'quiet_hours': ['22:00', '07:00']})


def test_nothing_is_wrong_with_a_good_record():
    assert found(STARTED, say(10.0), message(40.0, 'REPEATED', text='b', heard=0.9), say(40.0),
                 RECOVERED, message(60.0, 'STARTED', heard=0.9), message(70.0, 'TIMED_OUT'),
                 message(140.0, 'STARTED', 2, heard=0.9), message(150.0, 'STOPPED', 2)) == []


@pytest.mark.parametrize(('entries', 'sentence'), [
    ([say(1.0), say(2.0)], 'at 2.0 s an answer begins'),
    ([say(10.0 * index) for index in range(13)], 'more than 12 answers'),
    ([STARTED, RECOVERED, message(70.0, 'STARTED', 2, heard=0.9), message(80.0, 'STOPPED', 2)],
     'cool-down lasts until 110.0 s'),
    ([STARTED, message(50.0, 'ESCALATED'), message(900.0, 'STARTED', 2, heard=0.9),
      message(901.0, 'STOPPED', 2)], 'cool-down lasts until 950.0 s'),
    ([(1.0, 'paused', {}), say(2.0), (3.0, 'resumed', {}), say(5.0)],
     'at 2.0 s say although the responder is paused'),
    ([message(1.0, 'STARTED', text='a', heard=0.9), message(9.0, 'REPEATED', text='a', heard=0.9),
      message(20.0, 'STOPPED')], "has the text 'a' 2 times"),
    ([STARTED, *(message(10.0 + index, 'REPEATED', heard=0.9) for index in range(4)), RECOVERED],
     'episode 1 has 5 steps; allowed: 4'),
    ([STARTED, (11.0, 'notify', {}), (12.0, 'notify', {}), RECOVERED], '2 notices; allowed: 1'),
    ([STARTED], 'episode 1 is never closed'),
    ([STARTED, RECOVERED, message(51.0, 'RESTARTED')], 'which is not open'),
    ([STARTED, message(11.0, 'STARTED', 2, heard=0.9), message(12.0, 'STOPPED', 2)],
     'at 11.0 s STARTED, but episode 1 is open'),
    ([STARTED, (12.0, 'gap', {'ends_s': 40.0}), message(19.0, 'STALE')],
     'at 18.0 s episode 1 is open'),
    ([(1.0, 'speed', {'scale': 0.5}), (2.0, 'gap', {'ends_s': 40.0})], 'the speed is 0.5, not 1'),
    ([message(1.0, 'STARTED', heard=0.1), message(2.0, 'STOPPED')], 'anger is answered'),
])
def test_what_is_broken_is_noticed(entries, sentence):
    assert len(found(*entries)) == 1
    assert sentence in found(*entries)[0]


def test_quiet_hours():
    night = datetime(2026, 1, 1, 23)
    assert 'in the quiet hours' in found(say(60.0), rules=QUIET, starts=night)[0]
    assert found(say(60.0), rules=QUIET) == []


def test_a_restart_explains_an_open_episode():
    assert found(STARTED, (12.0, 'gap', {'ends_s': 40.0}), (13.0, 'down', {}), (39.0, 'up', {}),
                 message(39.1, 'RESTARTED')) == []


def test_every_fault_happens():
    kinds = {fault.what for seed in range(20) for fault in draw_faults(3600.0, seed)}
    assert kinds == set(KINDS)


def test_some_hundred_persons_with_faults():
    crowd = Crowd(ResponderSettings(CONFIG), None, 600.0, seed=5)
    start_s = time.process_time()
    found = [sentence for outcome in outcomes(crowd, PERSONS) for sentence in outcome.broken]
    taken_s = time.process_time() - start_s
    assert found == []
    assert PERSONS * 600.0 / taken_s > 10000.0


@pytest.mark.parametrize(('limits', 'starts'), [
    ({'per_hour': 2, 'per_day': 3}, datetime(2026, 1, 1, 12)),
    ({'quiet_hours': ('12:30', '12:45')}, datetime(2026, 1, 1, 12))])
def test_narrow_limits(limits, starts):
    narrow = replace(CONFIG, limits=AnswerLimits(**limits))
    crowd = Crowd(ResponderSettings(narrow, starts=starts), None, 1800.0, seed=6)
    assert [sentence for outcome in outcomes(crowd, 15) for sentence in outcome.broken] == []


EVERY_ACTION = '''
languages: [en]
timing: {min_confidence: 0.4, hold_s: 1.25, repeat_s: 20.0, recovery_s: 4.0, timeout_s: 20.0,
         cooldown_s: 20.0, relapse_s: 30.0, quiet_s: 60.0, stale_s: 3.0}
limits: {per_hour: 6, quiet_hours: ['12:10', '12:12']}
responses: {anger: [all, few], sadness: [few, last], fear: last, unclear: last}
strategies:
  all:
    steps:
      - actions:
          - say: {en: [one, two]}
          - slow_down: {scale: 0.5}
          - light: {colour: [0.2, 0.4, 1.0, 1.0]}
        wait_s: 5
      - actions:
          - play: {file: calm.wav, duration_s: 40}
          - slow_down: {scale: 0.2}
        expect: calmer
      - actions:
          - notify: {text: come}
        wait_s: 0
    recovered: {en: [thanks]}
  few:
    steps:
      - actions:
          - light: {colour: [1, 0, 0, 1]}
      - actions:
          - say: {en: [three]}
        wait_s: 0
  last:
    steps:
      - actions:
          - say: {en: [one]}
          - notify: {text: come}
      - actions:
          - slow_down: {scale: 0.0, ramp_s: 0}
    timed_out: {en: [one]}
'''


def test_every_action_and_learning(tmp_path):
    path = tmp_path / 'own.yaml'
    path.write_text(EVERY_ACTION)
    crowd = Crowd(ResponderSettings(config.load(str(path)), learner=Learner), None, 900.0, seed=3)
    found = list(outcomes(crowd, 25))
    assert [sentence for outcome in found for sentence in outcome.broken] == []
    done = {entry['what'] for outcome in found for entry in outcome.record.entries}
    assert {'say', 'play', 'light', 'speed', 'notify'} <= done
