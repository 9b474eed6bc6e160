# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Enrolled voices: numbers in files that only their owner can read, and their names."""

import json
import os
import stat
import unicodedata

import numpy as np
import pytest

from ser_ros.emotion import enrolled_voices
from ser_ros.emotion.enrolled_voices import delete, load, names, open_baseline, save
from ser_ros.emotion.voice_baseline import KnownVoice
from ser_ros.errors import SerError
from ser_ros.inference.model_metadata import ModelInfo

KNOWN = KnownVoice(np.float32([0.1, -0.25, 3.0]), 20.8)


def info(**changes):
    values = dict(
        path='m.onnx', precision='fp32', ir_version=8, opset=13, name='voice', version='1',
        labels=('anger', 'neutral'), feature_set='f', input_shape=(1,), temperature=1.0,
        training_data='', licence='', metrics={}, voice_size=3)
    values.update(changes)
    return ModelInfo(**values)


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    """The state folder, empty."""
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path / 'state'))
    return tmp_path / 'state'


@pytest.mark.parametrize('name', ['anna', 'Anna-2', '김민수', 'a_b', '2', 'ㄱ'])
def test_what_is_saved_is_loaded(name):
    path = save(name, KNOWN, info())
    found = load(name, info())
    np.testing.assert_array_equal(found.mean, KNOWN.mean)
    assert found.mean.dtype == np.float32
    assert found.seconds == KNOWN.seconds
    assert names() == (name,)
    np.testing.assert_array_equal(load(path, info()).mean, KNOWN.mean)
    delete(name)
    assert names() == () and not os.path.exists(path)


def test_only_the_owner_reads_it(state):
    old = os.umask(0)
    try:
        path = save('anna', KNOWN, info())
    finally:
        os.umask(old)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700
    assert path == str(state / 'ser_ros' / 'voices' / 'anna.json')
    assert os.listdir(os.path.dirname(path)) == ['anna.json']


def test_the_file_holds_numbers_and_the_model_only():
    with open(save('anna', KNOWN, info())) as file:
        values = json.load(file)
    assert set(values) == {'format', 'model', 'version', 'seconds', 'mean'}
    assert len(values['mean']) == 3


def test_the_folder_without_the_variable(monkeypatch):
    monkeypatch.delenv('XDG_STATE_HOME')
    monkeypatch.setenv('HOME', '/home/robot')
    assert enrolled_voices.folder() == '/home/robot/.local/state/ser_ros/voices'


def test_an_earlier_one_is_replaced():
    save('anna', KNOWN, info())
    save('anna', KnownVoice(KNOWN.mean * 2, 5.0), info())
    np.testing.assert_array_equal(load('anna', info()).mean, KNOWN.mean * 2)


def test_korean_names_in_parts_are_the_same():
    save(unicodedata.normalize('NFD', '김민수'), KNOWN, info())
    assert names() == ('김민수',)
    load('김민수', info())


@pytest.mark.parametrize('name', [
    '', '..', 'a/b', '/etc/passwd', '-anna', 'anna lee', 'a.json', 'off', 'running', 'enrolled',
    'x' * 65, 'naïve', 'a\n', 'a\0b', '金'])
def test_names_that_are_not_allowed(name):
    with pytest.raises(SerError, match='the name of a voice is .* allowed: up to 64 letters'):
        save(name, KNOWN, info())


def test_nobody_is_enrolled():
    assert names() == ()
    with pytest.raises(SerError, match='there is no enrolled voice anna; enrolled: none'):
        load('anna', info())
    with pytest.raises(SerError, match='there is no enrolled voice anna; enrolled: none'):
        delete('anna')


@pytest.mark.parametrize('changes', [{'name': 'other'}, {'version': '2'}, {'voice_size': 4}])
def test_a_voice_of_another_model_is_refused(changes):
    save('anna', KNOWN, info())
    with pytest.raises(SerError, match=r'the voice anna was enrolled with the model voice 1 '
                                       r'\(voice_size 3\), but the model is .*; enroll it'):
        load('anna', info(**changes))


@pytest.mark.parametrize('text, reason', [
    ('', 'is not the file of an enrolled voice'), ('[1]', 'it holds'), ('\xff', 'is not the file'),
    ('{"format": 2}', 'format is 2'),
    ('{"format": 1, "model": "voice", "version": "1", "seconds": 5, "mean": [1, NaN, 0]}',
     r'mean\[1\] is nan'),
    ('{"format": 1, "model": "voice", "version": "1", "seconds": 0, "mean": [1, 1, 0]}',
     'seconds is 0'),
    ('[' * 100000, 'is not the file')])
def test_a_broken_file(text, reason):
    path = save('anna', KNOWN, info())
    with open(path, 'w', encoding='latin-1') as file:
        file.write(text)
    with pytest.raises(SerError, match=reason):
        load('anna', info())


def test_a_pipe_is_refused_without_waiting():
    path = save('anna', KNOWN, info())
    os.unlink(path)
    os.mkfifo(path)
    with pytest.raises(SerError, match='cannot read the voice'):
        load('anna', info())


def test_a_folder_that_cannot_be_made(state):
    state.write_text('a file')
    with pytest.raises(SerError, match='cannot write .*anna.json'):
        save('anna', KNOWN, info())


class TestOpenBaseline:
    def test_off(self):
        assert open_baseline('off', '', info(voice_size=0)) is None

    def test_running(self):
        assert open_baseline('running', '', info()).strength == 0.0

    def test_enrolled(self):
        save('anna', KNOWN, info())
        assert open_baseline('enrolled', 'anna', info()).strength == pytest.approx(0.5)

    def test_without_a_name(self):
        save('anna', KNOWN, info())
        with pytest.raises(SerError, match='needs the name of an enrolled voice; .*: anna'):
            open_baseline('enrolled', '', info())

    @pytest.mark.parametrize('mode', ['running', 'enrolled'])
    def test_a_model_that_takes_none(self, mode):
        with pytest.raises(SerError, match='the model voice takes no baseline of the voice'):
            open_baseline(mode, 'anna', info(voice_size=0))

    def test_a_model_that_knows_no_calm(self):
        with pytest.raises(SerError, match='the model voice has no label neutral'):
            open_baseline('running', '', info(labels=('anger', 'fear')))
