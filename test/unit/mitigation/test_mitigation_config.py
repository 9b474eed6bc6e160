# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The mitigation file: what comes with the package is sound, and mistakes are named."""

import os
import re
from dataclasses import replace

import pytest
import yaml

from ser_ros.emotion.labels import EMOTIONS
from ser_ros.errors import SerError
from ser_ros.mitigation.config import Phase, load

SHIPPED = os.path.join(os.path.dirname(__file__), '..', '..', '..', 'config', 'mitigation.yaml')


def minimal():
    return {
        'languages': ['en'],
        'timing': {
            'min_confidence': 0.5, 'hold_s': 1, 'repeat_s': 0, 'recovery_s': 1, 'timeout_s': 5,
            'cooldown_s': 0},
        'responses': {'anger': 'calm'},
        'strategies': {'calm': {'start': {'en': ['Hello.']}}},
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


class TestShippedFile:
    def test_answers_every_negative_emotion_in_english_and_korean(self):
        config = load(SHIPPED)
        assert set(config.responses) == {'anger', 'sadness', 'fear', 'disgust'}
        assert config.languages == ('en', 'ko')
        for strategy in config.responses.values():
            for phase in (Phase.STARTED, Phase.REPEATED):
                english, korean = (strategy.texts[phase][language] for language in ('en', 'ko'))
                assert len(english) == len(korean) >= 1
                assert all(re.search('[가-힣]', text) for text in korean)
                assert not any(re.search('[가-힣]', text) for text in english)

    def test_a_calm_robot_answers_later_or_surer_than_a_keen_one(self):
        config = load(SHIPPED)
        assert set(config.sensitivities) == {'calm', 'keen'}
        calm, normal, keen = map(config.timing_of, ('calm', 'normal', 'keen'))
        assert keen.hold_s <= normal.hold_s or keen.min_confidence < normal.min_confidence
        assert calm.hold_s >= normal.hold_s or calm.min_confidence > normal.min_confidence

    def test_no_text_names_an_emotion(self):
        named = re.compile(
            'anger|angry|sad|fear|afraid|scared|disgust|upset|feel|emotion|'
            '화나|화가|슬프|슬퍼|무서|두려|역겨|불쾌|감정|기분', re.IGNORECASE)
        for strategy in load(SHIPPED).responses.values():
            for texts in strategy.texts.values():
                for language in texts:
                    assert not [text for text in texts[language] if named.search(text)]

    def test_korean_is_polite(self):
        polite = re.compile('(요|니다)[.?]$')
        for strategy in load(SHIPPED).responses.values():
            for texts in strategy.texts.values():
                assert all(polite.search(text) for text in texts['ko'])


class TestDefaults:
    def test_missing_texts_are_silent_and_repeat_says_start(self, write):
        texts = load(write(minimal())).responses['anger'].texts
        assert texts[Phase.REPEATED] == {'en': ('Hello.',)}
        assert texts[Phase.RECOVERED] == texts[Phase.TIMED_OUT] == {'en': ()}

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


def broken(where, value):
    """Return the minimal file with the value at a dotted key replaced, or deleted with KeyError."""
    content = minimal()
    target = content
    *parents, last = where.split('.')
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
    ('languages', ['en', 'ko'], ['strategies.calm.start', "'ko' is missing"]),
    ('extra_labels', 'boredom', ['extra_labels', "'boredom'"]),
    ('responses.rage', 'calm', ['responses', "unknown key 'rage'"] + list(EMOTIONS)),
    ('responses', {}, ['responses', 'one or more of', 'anger']),
    ('responses', None, ['responses', 'None']),
    ('responses.anger', 'shout', ['responses.anger', "'shout'", 'calm']),
    ('responses.anger', ['calm'], ['responses.anger', "['calm']"]),
    ('strategies', None, ['strategies', 'None']),
    ('strategies', {False: {}}, ['strategies', 'False']),
    ('strategies.calm', 'Hello.', ['strategies.calm', "'Hello.'", 'start']),
    ('strategies.calm.start', KeyError, ['strategies.calm', "'start' is missing"]),
    ('strategies.calm.begin', {'en': ['x']}, ['strategies.calm', "'begin'", 'start, repeat']),
    ('strategies.calm.start.en', [], ['strategies.calm.start.en', 'one or more']),
    ('strategies.calm.start.en', [' '], ['strategies.calm.start.en', "' '"]),
    ('strategies.calm.start.en', 'Hello.', ['strategies.calm.start.en', 'allowed: a list']),
    ('strategies.calm.start.en', [True], ['strategies.calm.start.en', 'True', 'quotes']),
    ('strategies.calm.start.fr', ['x'], ['strategies.calm.start', "'fr'"]),
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
    ('- a list', r"it holds \['a list'\]; allowed: a mapping"),
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
