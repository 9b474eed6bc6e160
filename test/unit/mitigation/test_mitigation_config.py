# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The mitigation file: what comes with the package is sound, and mistakes are named."""

import os
import re
from dataclasses import MISSING, fields, replace
from datetime import time

import pytest
import yaml

from ser_ros.emotion.labels import EMOTIONS
from ser_ros.errors import SerError
from ser_ros.mitigation.actions.base import ACTIONS
from ser_ros.mitigation.config import LearningSettings, load
from ser_ros.mitigation.phases import Phase
from ser_ros.mitigation.timing import Timing

FOLDER = os.path.join(os.path.dirname(__file__), '..', '..', '..', 'config')
SHIPPED, KOREAN = (
    os.path.join(FOLDER, name) for name in ('mitigation.yaml', 'mitigation_korean.yaml'))


def minimal():
    return {
        'languages': ['en'],
        'timing': {
            'min_confidence': 0.5, 'hold_s': 1, 'repeat_s': 0, 'recovery_s': 1, 'timeout_s': 5,
            'cooldown_s': 0},
        'responses': {'anger': 'calm'},
        'strategies': {'calm': {'steps': [{'actions': [{'say': {'en': ['Hello.']}}]}]}},
    }


@pytest.fixture
def write(tmp_path):
    def write_file(content):
        path = tmp_path / 'own.yaml'
        text = content if isinstance(content, str) else yaml.safe_dump(content)
        path.write_text(text, encoding='utf-8')
        return str(path)
    return write_file


class TestFilesThatAreNone:
    def test_a_named_pipe_is_refused_without_waiting_for_its_writer(self, tmp_path):
        os.mkfifo(str(tmp_path / 'own.yaml'))
        with pytest.raises(SerError, match='own.yaml: it is not a regular file'):
            load(str(tmp_path / 'own.yaml'))

    def test_nested_too_deeply(self, write):
        with pytest.raises(SerError, match='own.yaml is not valid YAML: .*too deeply'):
            load(write('[' * 3000))

    def test_a_date_that_is_none(self, write):
        with pytest.raises(SerError, match='own.yaml is not valid YAML: line 1, .*month'):
            load(write('languages: 2026-99-99'))

    def test_a_whole_number_that_no_float_holds(self, write):
        content = minimal()
        content['timing']['hold_s'] = 10 ** 400
        with pytest.raises(SerError, match='timing.hold_s is 1000.*a number from 0 to 3600'):
            load(write(content))


def strategies_of(config):
    return [strategy for members in [*config.responses.values(), config.unclear]
            for strategy in members]


def all_texts(config):
    """Return all texts that may be said, by language."""
    return [action.texts for strategy in strategies_of(config) for step in strategy.steps
            for action in step.actions if action.texts] + [
        texts for strategy in strategies_of(config) for texts in strategy.closing.values()]


@pytest.fixture(params=[SHIPPED, KOREAN], ids=['usual', 'korean'])
def shipped(request):
    return load(request.param)


class TestShippedFile:
    def test_answers_every_negative_emotion(self):
        config = load(SHIPPED)
        assert set(config.responses) == {'anger', 'sadness', 'fear', 'disgust'}
        assert config.unclear

    def test_answers_anxious_alone_of_the_korean_labels(self):
        config = load(KOREAN)
        assert set(config.responses) == {'anxious'}
        assert not config.unclear

    def test_english_and_korean(self, shipped):
        assert shipped.languages == ('en', 'ko')
        for texts in all_texts(shipped):
            english, korean = (texts[language] for language in ('en', 'ko'))
            assert len(english) == len(korean) >= 1
            assert all(re.search('[가-힣]', text) for text in korean)
            assert not any(re.search('[가-힣]', text) for text in english)

    def test_steps_differ_and_the_last_one_calls_a_human(self, shipped):
        for strategy in strategies_of(shipped):
            *others, last = strategy.steps
            assert last.calls_human and not any(step.calls_human for step in others)
            said = [text for step in others for action in step.actions
                    for text in action.texts['en']]
            assert len(others) >= 2 and len(set(said)) == len(said)

    def test_a_calm_robot_answers_later_or_surer_than_a_keen_one(self, shipped):
        assert set(shipped.sensitivities) == {'calm', 'keen'}
        calm, normal, keen = map(shipped.timing_of, ('calm', 'normal', 'keen'))
        assert keen.hold_s <= normal.hold_s or keen.min_confidence < normal.min_confidence
        assert calm.hold_s >= normal.hold_s or calm.min_confidence > normal.min_confidence

    def test_no_text_names_an_emotion(self, shipped):
        named = re.compile(
            'anger|angry|sad|fear|afraid|scared|disgust|upset|feel|emotion|anxi|nervous|worr|calm|'
            '화나|화가|슬프|슬퍼|무서|두려|역겨|불쾌|감정|기분|불안|초조|긴장|걱정|진정|안심',
            re.IGNORECASE)
        notices = [action.options.text for strategy in strategies_of(shipped)
                   for step in strategy.steps for action in step.actions
                   if action.kind == 'notify']
        said = [text for texts in all_texts(shipped) for language in texts
                for text in texts[language]]
        assert notices and not [text for text in notices + said if named.search(text)]

    def test_korean_is_polite(self, shipped):
        polite = re.compile('(요|니다)[.?]$')
        for texts in all_texts(shipped):
            assert all(polite.search(text) for text in texts['ko'])


class TestDefaults:
    def test_missing_keys(self, write):
        config = load(write(minimal()))
        strategy, = config.responses['anger']
        step, = strategy.steps
        assert strategy.closing == {} and config.unclear == ()
        assert (step.wait_s, step.expect, step.calls_human) == (None, 'recovery', False)
        action, = step.actions
        assert (action.kind, action.audible, action.texts) == ('say', True, {'en': ('Hello.',)})
        assert config.timing.relapse_s == 60.0 and config.limits.per_hour == 12

    def test_a_list_of_strategies(self, write):
        content = minimal()
        content['strategies']['other'] = content['strategies']['calm']
        content['responses'] = {'anger': ['other', 'calm'], 'unclear': 'calm'}
        config = load(write(content))
        assert [strategy.name for strategy in config.strategies_for('anger')] == ['other', 'calm']
        assert [strategy.name for strategy in config.strategies_for('unclear')] == ['calm']
        assert config.strategies_for('fear') == () and list(config.responses) == ['anger']

    def test_the_form_before_steps_is_read_as_steps(self, write):
        content = minimal()
        content['strategies']['calm'] = {
            'start': {'en': ['Hello.', 'Hi.']}, 'repeat': {'en': ['Well.', 'So.']},
            'recovered': {'en': ['Good.']}}
        strategy, = load(write(content)).responses['anger']
        assert [step.actions[0].texts['en'] for step in strategy.steps] == [
            ('Hello.', 'Hi.'), ('Well.', 'So.'), ('Well.', 'So.')]
        assert strategy.closing[Phase.RECOVERED] == {'en': ('Good.',)}

    def test_quiet_hours_may_go_over_midnight(self, write):
        content = minimal()
        content['limits'] = {'quiet_hours': ['22:00', '7:00']}
        limits = load(write(content)).limits
        assert [hour for hour in range(24) if limits.is_quiet(time(hour))] == [
            0, 1, 2, 3, 4, 5, 6, 22, 23]
        by_day = replace(limits, quiet_hours=('12:00', '14:00'))
        assert [hour for hour in range(24) if by_day.is_quiet(time(hour))] == [12, 13]
        assert not replace(limits, quiet_hours=None).is_quiet(time(0))

    def test_own_labels(self, write):
        content = minimal()
        content['extra_labels'] = ['boredom']
        content['responses'] = {'boredom': 'calm'}
        assert list(load(write(content)).responses) == ['boredom']

    def test_language(self, write):
        config = load(write(minimal()))
        config.check_language('en')
        with pytest.raises(SerError, match="own.yaml has no texts in the language 'ko'.* en"):
            config.check_language('ko')

    def test_a_sensitivity_changes_the_timing(self, write):
        content = minimal()
        content['sensitivity'] = {'keen': {'hold_s': 0.5}}
        config = load(write(content))
        assert config.timing_of('normal') == config.timing
        assert config.timing_of('keen') == replace(config.timing, hold_s=0.5)
        with pytest.raises(SerError, match="no sensitivity 'calm'; available: normal, keen"):
            config.timing_of('calm')


CALM = 'strategies.calm.steps[0]'
SAY = 'strategies.calm.steps.0.actions.0.say'


def broken(where, value):
    """Return the minimal file with the value at a dotted key replaced, or deleted with KeyError."""
    content = minimal()
    target = content
    *parents, last = (int(key) if key.isdigit() else key for key in where.split('.'))
    for key in parents:
        target = target[key]
    if value is KeyError:
        del target[last]
    else:
        target[last] = value
    return content


@pytest.mark.parametrize('where, value, messages', [
    ('timing.hold_s', 'long', ['timing.hold_s', "'long'", '0 to 3600']),
    ('timing.hold_s', True, ['timing.hold_s', 'True']),
    ('timing.hold_s', -1, ['timing.hold_s', '-1']),
    ('timing.hold_s', float('nan'), ['timing.hold_s', 'nan']),
    ('timing.min_confidence', 50, ['timing.min_confidence', '50', '0 to 1']),
    ('timing.hold_s', KeyError, ['timing', "'hold_s' is missing"]),
    ('timing.hold', 1, ['timing', "unknown key 'hold'", 'hold_s']),
    ('timing', [1], ['timing', '[1]', 'mapping']),
    ('sensitivity', {'keen': {'hold_s': -1}}, ['sensitivity.keen', 'hold_s is -1', '0 to 3600']),
    ('sensitivity', {'keen': {'hold': 1}}, ['sensitivity.keen', "unknown key 'hold'", 'hold_s']),
    ('sensitivity', {'keen': 0.5}, ['sensitivity.keen', '0.5', 'mapping']),
    ('sensitivity', {'normal': {'hold_s': 1}}, ['sensitivity', "'normal'", 'timing']),
    ('languages', [], ['languages', '[]', 'one or more']),
    ('languages', 'en', ['languages', "'en'", 'allowed: a list']),
    ('languages', ['en', 'en'], ['languages', 'twice']),
    ('languages', ['en', False], ['languages', 'False', 'quotes']),
    ('languages', ['en', 'ko'], ['strategies.calm.steps[0].actions[0].say', "'ko' is missing"]),
    ('extra_labels', 'boredom', ['extra_labels', "'boredom'"]),
    ('responses.rage', 'calm', ['responses', "unknown key 'rage'"] + list(EMOTIONS)),
    ('responses', {}, ['responses', 'one or more of', 'anger']),
    ('responses', None, ['responses', 'None']),
    ('responses.anger', 'shout', ['responses.anger', "'shout'", 'calm']),
    ('responses.anger', ['calm', 'calm'], ['responses.anger', "['calm', 'calm']", 'each once']),
    ('responses.anger', [], ['responses.anger', '[]', 'one or more']),
    ('responses.anger', [['calm']], ['responses.anger', "['calm']", 'one of calm']),
    ('responses', {'unclear': 'calm'}, ['responses holds no emotion']),
    ('strategies', None, ['strategies', 'None']),
    ('strategies', {False: {}}, ['strategies', 'False']),
    ('strategies.calm', 'Hello.', ['strategies.calm', "'Hello.'", 'steps']),
    ('strategies.calm.steps', KeyError, ['strategies.calm', "'steps' is missing"]),
    ('strategies.calm.begin', {'en': ['x']}, ['strategies.calm', "'begin'", 'steps, recovered']),
    ('strategies.calm.steps', [], ['strategies.calm.steps', '[]', 'one or more']),
    ('strategies.calm.steps.0.wait_s', 'long', ['steps[0].wait_s', "'long'", '0 to 86400']),
    ('strategies.calm.steps.0.expect', 'joy', ['steps[0].expect', "'joy'", 'recovery, calmer']),
    ('strategies.calm.steps.0.wait', 1, ['strategies.calm.steps[0]', "'wait'", 'wait_s']),
    ('strategies.calm.steps.0.actions', [], [CALM + '.actions is []', 'one or more']),
    ('strategies.calm.steps.0.actions.0', 'say', [CALM + '.actions[0]', "'say'", 'mapping']),
    ('strategies.calm.steps.0.actions.0', {'sing': {}},
     [CALM + '.actions[0]: unknown action', "'sing'", 'say, play, slow_down, light, notify']),
    ('strategies.calm.steps.0.actions.0.notify', {'text': 'x'},
     [CALM + '.actions[0]', 'notify, say', 'one action']),
    ('strategies.calm.steps.0.actions.0', {'notify': None},
     [CALM + '.actions[0].notify', "'text' is missing"]),
    ('strategies.calm.steps.0.actions', [{'say': {'en': ['x']}}, {'say': {'en': ['y']}}],
     [CALM + '.actions', 'more than one', 'the next step']),
    (SAY, None, [CALM + '.actions[0]: say is', 'mapping']),
    (SAY, ['Hello.'], [CALM + '.actions[0]: say is', 'mapping']),
    (SAY + '.en', [], ['say.en', 'one or more']),
    (SAY + '.en', [' '], ['say.en', "' '"]),
    (SAY + '.en', 'Hello.', ['say.en', 'allowed: a list']),
    (SAY + '.en', [True], ['say.en', 'True', 'quotes']),
    (SAY + '.fr', ['x'], [CALM + '.actions[0].say', "'fr'", 'allowed: en']),
    ('strategies.calm.recovered', {'fr': ['x']}, ['strategies.calm.recovered', "'fr'"]),
    ('limits', {'quiet_hours': ['22:00']}, ['limits', "['22:00']", 'two times']),
    ('limits', {'quiet_hours': ['22:00', '24:00']}, ['limits', '24:00', 'two times']),
    ('limits', {'quiet_hours': [1320, 420]}, ['limits.quiet_hours[0]', '1320', 'quotes']),
    ('limits', {'per_hour': -1}, ['limits.per_hour', '-1', '0 to 1000']),
    ('learning', {'half_life': 0}, ['learning.half_life', '0', '1 to']),
    ('response', {}, ["unknown key 'response'", 'responses']),
    ('strategies', KeyError, ["'strategies' is missing"]),
])
def test_mistakes_are_named(write, where, value, messages):
    path = write(broken(where, value))
    with pytest.raises(SerError) as error:
        load(path)
    for message in [path] + messages:
        assert message in str(error.value)


@pytest.mark.parametrize('text, message', [
    ('', 'it holds None; allowed: a mapping with the keys languages'),
    ('- a list', 'it holds a list; allowed: a mapping'),
    ('languages: [en', 'not valid YAML'),
    ('languages: [en]\nlanguages: [ko]', "'languages' is given twice"),
    ('? [a, b]\n: c', 'unknown key|not valid YAML'),
    ('a: \x07', 'not valid YAML'),
    ('!!python/object/apply:os.getcwd []', 'not valid YAML'),
])
def test_what_is_no_mitigation_file(write, text, message):
    with pytest.raises(SerError, match=message) as error:
        load(write(text))
    assert 'own.yaml' in str(error.value)


def test_what_is_no_text(tmp_path):
    path = tmp_path / 'sound.yaml'
    path.write_bytes(b'RIFF\xff\xfe\x00\x80')
    with pytest.raises(SerError, match='sound.yaml is not text in UTF-8'):
        load(str(path))


@pytest.mark.parametrize('name, message', [
    ('absent.yaml', 'No such file'), ('.', 'it is a folder')])
def test_what_cannot_be_read(tmp_path, name, message):
    with pytest.raises(SerError, match=message):
        load(str(tmp_path / name))


class TestDocument:
    """docs/mitigation.md, from which people write their files."""

    with open(os.path.join(FOLDER, '..', 'docs', 'mitigation.md'), encoding='utf-8') as file:
        TEXT = file.read()
    BLOCKS = re.findall(r'```yaml\n(.*?)```', TEXT, re.DOTALL)

    def test_the_whole_file(self, write):
        strategy, = load(write(self.BLOCKS[0])).responses['anger']
        assert [[action.kind for action in step.actions] for step in strategy.steps] == [
            ['say'], ['say', 'slow_down'], ['notify']]

    def test_the_parts_fit_into_it(self, write):
        content = yaml.safe_load(self.BLOCKS[0])
        content['languages'] = ['en', 'ko']
        for block in map(yaml.safe_load, self.BLOCKS[1:]):
            if isinstance(block, dict):
                content.update(block)
            else:  # actions of a step
                content['strategies']['be_patient'] = {'steps': [{'actions': block}]}
        for name in ('keep_company', 'ask_openly'):
            content['strategies'][name] = content['strategies']['be_patient']
        config = load(write(content))
        assert config.unclear and len(config.responses['sadness']) == 2
        assert config.limits.quiet_hours == ('22:00', '07:00')
        assert config.learning == LearningSettings()

    def test_every_key_of_timing_with_its_default(self):
        table = self.TEXT.partition('All keys of `timing`')[2].partition('`sensitivity`')[0]
        rows = dict(re.findall(r'^\| `(\w+)` \| (required|[\d.]+) \|', table, re.MULTILINE))
        assert rows == {
            member.name: 'required' if member.default is MISSING else f'{member.default:g}'
            for member in fields(Timing)}

    def test_every_phase_and_every_action(self):
        rows = re.findall(r'^\| `(\w+)` \|', self.TEXT, re.MULTILINE)
        assert {phase.name for phase in Phase} <= set(rows)
        assert set(ACTIONS) <= set(rows)

    def test_the_mistake_that_it_shows(self, write):
        content = yaml.safe_load(self.BLOCKS[0])
        content['strategies']['be_patient']['steps'][0]['wait_s'] = 'long'
        shown = re.search(r'^ +my_mitigation.yaml: (.*)$', self.TEXT, re.MULTILINE)[1]
        with pytest.raises(SerError) as error:
            load(write(content))
        assert shown in str(error.value)
