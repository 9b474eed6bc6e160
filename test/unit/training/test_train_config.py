# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training configuration, its errors, and the split that ships."""

import os
import pathlib

import pytest
import yaml

from ser_ros.corpora.labelled_clips import describe, load_part, read_corpus
from ser_ros.corpora.parts import PARTS, Corpus
from ser_ros.errors import SerError
from ser_ros.training import config

SHIPPED = sorted((pathlib.Path(__file__).resolve().parents[3] / 'config' / 'train').glob('*.yaml'))


def test_defaults_and_values(config_path):
    loaded = config.load(str(config_path))
    assert (loaded.name, loaded.version, loaded.width) == ('tiny', '3', 0.05)
    assert loaded.corpora['north'] == Corpus(['a', 'b'], ['c'], ['d', 'e'])
    assert (loaded.training.epochs, loaded.training.label_smoothing) == (2, 0.1)
    assert not loaded.training.bf16


@pytest.mark.parametrize('text, reason', [
    ('[' * 3000, 'recursion'), ('2026-99-99', 'month'), ('a: [', 'expected')])
def test_text_that_is_no_yaml(tmp_path, text, reason):
    (tmp_path / 'c.yaml').write_text(text)
    with pytest.raises(SerError, match='cannot read the configuration .*c.yaml: .*' + reason):
        config.load(str(tmp_path / 'c.yaml'))


def test_a_named_pipe_is_refused_without_waiting_for_its_writer(tmp_path):
    os.mkfifo(str(tmp_path / 'c.yaml'))
    with pytest.raises(SerError, match='it is no regular file'):
        config.load(str(tmp_path / 'c.yaml'))


@pytest.mark.parametrize('change, reason', [
    ({'colour': 1}, "unknown key 'colour'; allowed: name, version"),
    ({'name': None}, 'name must be a str, got None'),
    ({'version': 1}, r'version must be a str, got 1 \(int\)'),
    ({'labels': 'anger'}, "labels must be a list, got 'anger'"),
    ({'labels': [1]}, 'labels must be a str, got 1'),
    ({'merge': ['calm']}, 'merge must be a dict'),
    ({'merge': {'calm': 'sleepy'}}, "merge: 'sleepy' is none of the labels"),
    ({'width': 0}, 'width must be over 0, got 0'),
    ({'corpora': {'north': ['a']}}, "corpora.north: expected keys and values, got \\['a'\\]"),
    ({'corpora': {'north': {'train': ['a'], 'test': ['a']}}},
     "speaker 'a' of north is in train and in test"),
    ({'corpora': {'north': {'train': [1]}}}, 'corpora.north: train must be a str, got 1'),
    ({'training': {'epochs': 0}}, 'training.epochs must be over 0, got 0'),
    ({'training': {'epochs': 1.5}}, 'epochs must be a int, got 1.5'),
    ({'training': {'bf16': 'yes please'}}, 'bf16 must be a bool'),
    ({'training': {'mixup': -0.1}}, 'training.mixup must not be below 0, got -0.1'),
    ({'training': {'averaging': 1}}, 'averaging must be at least 0 and below 1, got 1.0'),
    ({'training': {'patience': -1}}, 'training.patience must not be below 0, got -1'),
    ({'training': {'patience': 3}},
     'training.patience needs training.averaging over 0 .*got 0.0'),
    ({'network': 'vgg'}, "network must be one of resnet34, resnet10, mobilenet_v3, got 'vgg'"),
    ({'partners': [{'network': 'vgg'}]}, "network must be one of .*, got 'vgg'"),
    ({'weights': [1.0, 2.0]}, 'weights must have a number for each of the 1 networks, got .1.0'),
    ({'weights': [0.0]}, 'weights must be over 0, got .0.0'),
    ({'partners': [{'width': 1.0}]}, "the key 'network' is missing"),
    ({'partners': [{'network': 'resnet10', 'training': {'epochs': 0}}]},
     'partners: training.epochs must be over 0, got 0'),
    ({'name': 'resnet10', 'partners': [{'network': 'resnet10'}]},
     "name must not be that of one of several networks, .*got 'resnet10'"),
    ({'precisions': ['fp64']}, "precisions: 'fp64' is none of fp32, fp16, int8"),
])
def test_wrong_values(tmp_path, config_path, change, reason):
    values = yaml.safe_load(config_path.read_text())
    values.update(change)
    path = tmp_path / 'wrong.yaml'
    path.write_text(yaml.safe_dump(values))
    with pytest.raises(SerError, match=reason) as caught:
        config.load(str(path))
    assert 'wrong.yaml' in str(caught.value)


@pytest.mark.parametrize('text, reason', [
    ('', 'expected keys and values, got None'), ('a: [', 'cannot read the configuration'),
    ('name: x', "the key 'version' is missing")])
def test_no_configuration(tmp_path, text, reason):
    (tmp_path / 'c.yaml').write_text(text)
    with pytest.raises(SerError, match=reason):
        config.load(str(tmp_path / 'c.yaml'))
    with pytest.raises(SerError, match='cannot read the configuration .*missing.yaml'):
        config.load(str(tmp_path / 'missing.yaml'))


def test_clips_of_a_part(config_path, corpora):
    loaded = config.load(str(config_path))
    clips = load_part(loaded, corpora, 'train')
    assert [clip.speaker for clip in clips] == ['a'] * 7 + ['b'] * 7 + ['k'] * 3
    calm = next(clip for clip in clips if clip.path.name == 'a_calm.wav')
    assert loaded.labels[calm.label] == 'neutral'
    assert not any('boredom' in clip.path.name for clip in clips)
    assert describe(clips, loaded.labels).splitlines()[1] == (
        'south: 3 clips of 1 speakers (1 happiness, 1 anger, 0 sadness, 1 neutral, 0 fear, '
        '0 disgust, 0 surprise)')


@pytest.mark.parametrize('content, reason', [
    (None, 'x: no corpus was recognised'),
    ('file_path,speaker\na.wav,1\n', "the column 'emotion' is missing"),
    ('', "the column 'file_path' is missing"),
    ('file_path,emotion,speaker\na.wav,tired,1\n', "unknown emotion 'tired'; put it under labels"),
])
def test_wrong_clip_lists(tmp_path, config_path, content, reason):
    (tmp_path / 'x').mkdir()
    if content is not None:
        (tmp_path / 'x' / 'metadata.csv').write_text(content)
    with pytest.raises(SerError, match=reason):
        read_corpus(config.load(str(config_path)), tmp_path, 'x')


def test_speakers_that_are_missing(tmp_path, config_path, corpora):
    text = config_path.read_text().replace('test: [m]', 'test: [m, nobody]')
    (tmp_path / 'c.yaml').write_text(text)
    with pytest.raises(SerError, match='no clips of the speakers nobody'):
        load_part(config.load(str(tmp_path / 'c.yaml')), corpora, 'test')


def test_a_part_without_speakers(tmp_path, config_path, corpora):
    text = config_path.read_text().replace('validation: [c], ', '').replace('validation: [l], ', '')
    (tmp_path / 'c.yaml').write_text(text)
    with pytest.raises(SerError, match='no speakers are listed for validation'):
        load_part(config.load(str(tmp_path / 'c.yaml')), corpora, 'validation')


@pytest.mark.parametrize('path', SHIPPED, ids=[path.stem for path in SHIPPED])
def test_the_shipped_split(shared_data, path):
    loaded = config.load(str(path))
    parts = {part: load_part(loaded, shared_data, part) for part in PARTS}
    assert {part: len(clips) for part, clips in parts.items()} == {
        'train': 4362, 'validation': 780, 'test': 1233}
    speakers = {part: {(clip.corpus, clip.speaker) for clip in clips}
                for part, clips in parts.items()}
    assert not speakers['train'] & speakers['validation']
    assert not (speakers['train'] | speakers['validation']) & speakers['test']
    assert {corpus for corpus, _ in speakers['train'] | speakers['validation']} == {
        'ravdess', 'nemo'}
