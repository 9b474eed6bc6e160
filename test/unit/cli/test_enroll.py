# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros enroll``: from a file or a microphone to numbers, the list, deleting."""

import json
import os
import sys

import numpy as np
import pytest
from fake_pyaudio import FakePyAudio
from tiny_models import write_model, write_voice_model

from ser_ros import defaults
from ser_ros.cli import main as cli
from ser_ros.cli.enroll import MIN_SPEECH_S
from ser_ros.emotion import enrolled_voices

pytest.importorskip('onnxruntime')

ROOT = os.path.join(os.path.dirname(__file__), '..', '..', '..')
SHAPE = (3, 128, 128)


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path, loud_is_speech):
    monkeypatch.setattr(defaults, 'share_path', lambda *parts: os.path.join(ROOT, *parts))
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path / 'state'))


@pytest.fixture
def model(tmp_path):
    return str(write_voice_model(tmp_path / 'voice.onnx', shape=SHAPE))


@pytest.fixture
def speech(write_wav, noise):
    return write_wav('speech.wav', noise(10.0))


def enroll(*arguments):
    return cli.main(['enroll', *arguments])


def test_a_file(model, speech, capsys):
    assert enroll('김민수', '--file', speech, '--model', model) == 0
    out, err = capsys.readouterr()
    path = enrolled_voices.path_of('김민수')
    # The first window is new as a whole, the others by a period: all that windows hold.
    assert out == (
        f'enrolled 김민수 from 9.6 s of speech: {path}\nIt holds numbers and no sound. To delete '
        'it: ser_ros enroll 김민수 --delete\n')
    assert err == ''
    with open(path) as file:
        values = json.load(file)
    assert (values['model'], values['version'], values['seconds']) == ('tiny', '1', 9.6)
    assert len(values['mean']) == 4 and np.any(values['mean'])


def test_seconds_of_a_file(model, speech, capsys):
    assert enroll('anna', '--file', speech, '--model', model, '--seconds', '6') == 0
    assert 'from 5.6 s of speech' in capsys.readouterr().out


@pytest.mark.parametrize('seconds', [0.5, 4.0])
def test_too_little_speech(model, write_wav, noise, capsys, seconds):
    path = write_wav('short.wav', np.concatenate([noise(seconds), np.zeros(16000 * 10)]))
    assert enroll('anna', '--file', path, '--model', model) == 2
    out, err = capsys.readouterr()
    assert f'at least {MIN_SPEECH_S:g} s are needed' in err and out == ''
    assert float(err.split('error: ')[1].split(' s of speech')[0]) <= seconds
    assert enrolled_voices.names() == ()


def test_a_microphone(model, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'pyaudio', FakePyAudio(['USB'], default=0))
    monkeypatch.setattr('ser_ros.audio.microphone.MicrophoneSource.read', lambda self: np.tile(
        np.int16([3000, -3000]), 160))
    assert enroll('anna', '--device', 'USB', '--seconds', '10', '--model', model) == 0
    out, err = capsys.readouterr()
    assert out.startswith('enrolled anna from 9.6 s of speech')
    first, *levels = err.splitlines()
    assert 'say a few sentences normally, for 10 s' in first
    assert levels[0] == 'level -20.8 dBFS, 8 s left'
    assert levels[-1].endswith(', 0 s left')


def test_an_enrolment_again_replaces_the_first(model, speech, capsys):
    for seconds in ('6', '9'):
        assert enroll('anna', '--file', speech, '--model', model, '--seconds', seconds) == 0
    assert enrolled_voices.read('anna').seconds > 8


def test_list_and_delete(model, speech, capsys):
    assert enroll('--list') == 0
    assert capsys.readouterr().out == ''
    for name in ('anna', '김민수'):
        enroll(name, '--file', speech, '--model', model)
    with open(enrolled_voices.path_of('bob'), 'w') as file:
        file.write('no JSON')
    capsys.readouterr()
    assert enroll('--list') == 0
    out, err = capsys.readouterr()
    assert [line.split() for line in out.splitlines()] == [
        ['Name', 'Speech', 'Model'], ['anna', '9.6', 's', 'tiny', '1'],
        ['김민수', '9.6', 's', 'tiny', '1']]
    assert 'bob.json is not the file of an enrolled voice' in err
    assert enroll('anna', '--delete') == 0
    assert capsys.readouterr().out == 'deleted the voice anna\n'
    assert enrolled_voices.names() == ('bob', '김민수')
    assert enroll('anna', '--delete') == 2
    assert 'there is no enrolled voice anna; enrolled: bob, 김민수' in capsys.readouterr().err


@pytest.mark.parametrize('arguments, reason', [
    ([], 'no NAME is given; give one, or --list'),
    (['../anna'], "the name of a voice is '../anna'"),
    (['anna', '--file', 'absent.wav'], 'absent.wav')])
def test_what_is_not_possible(model, capsys, arguments, reason):
    assert enroll(*arguments, '--model', model) == 2
    assert reason in capsys.readouterr().err


def test_a_model_that_takes_no_baseline(tmp_path, capsys):
    path = write_model(tmp_path / 'm.onnx')
    assert enroll('anna', '--file', 'absent.wav', '--model', str(path)) == 2
    assert 'error: ' in capsys.readouterr().err
    assert enroll('anna', '--file', 'absent.wav', '--model', 'resnet34') == 2
    assert 'the model resnet34 takes no baseline of the voice' in capsys.readouterr().err
