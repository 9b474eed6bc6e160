# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training configuration, its errors, and the split that ships."""

import os
import pathlib
from dataclasses import replace

import pytest
import yaml

from ser_ros import corpora as readers
from ser_ros.corpora.labelled_clips import describe, load_part, to_clips
from ser_ros.corpora.parts import PARTS, Corpus
from ser_ros.errors import SerError
from ser_ros.training import config

SHIPPED = sorted((pathlib.Path(__file__).resolve().parents[3] / 'config' / 'train').glob('*.yaml'))
RESNET34 = str(next(path for path in SHIPPED if path.stem == 'resnet34'))
STRANGERS = [path for path in SHIPPED if 'strangers.yaml' in path.read_text(encoding='utf-8')]


def test_defaults_and_values(config_path):
    loaded = config.load(str(config_path))
    assert (loaded.name, loaded.version, loaded.width) == ('tiny', '3', 0.05)
    assert loaded.corpora['north'] == Corpus(['a', 'b'], ['c'], ['d', 'e'])
    assert (loaded.training.epochs, loaded.training.label_smoothing) == (2, 0.1)
    assert loaded.training.precision == 'fp32'


@pytest.mark.parametrize('text, reason', [
    ('[' * 3000, 'too deeply'), ('2026-99-99', 'month'), ('a: [', 'line 1, column 5: expected')])
def test_text_that_is_no_yaml(tmp_path, text, reason):
    (tmp_path / 'c.yaml').write_text(text)
    with pytest.raises(SerError, match='c.yaml is not valid YAML: .*' + reason):
        config.load(str(tmp_path / 'c.yaml'))


def test_a_named_pipe_is_refused_without_waiting_for_its_writer(tmp_path):
    os.mkfifo(str(tmp_path / 'c.yaml'))
    with pytest.raises(SerError, match='it is not a regular file'):
        config.load(str(tmp_path / 'c.yaml'))


@pytest.mark.parametrize('change, reason', [
    ({'colour': 1}, "unknown key 'colour'; allowed: name, version"),
    ({'name': None}, 'name is None; allowed: a text'),
    ({'version': 1}, 'version is 1; allowed: a text, so put it in quotes'),
    ({'labels': 'anger'}, "labels is 'anger'; allowed: a list of one or more"),
    ({'labels': [1]}, r'labels\[0\] is 1; allowed: a text'),
    ({'merge': ['calm']}, r"merge is \['calm'\]; allowed: a mapping"),
    ({'merge': {'calm': 'sleepy'}}, "merge.calm is 'sleepy'; allowed: one of the labels"),
    ({'width': 0}, 'width is 0; allowed: a number over 0'),
    ({'corpora': {'north': ['a']}}, r"corpora.north is \['a'\]; allowed: a mapping with the keys"),
    ({'corpora': {'north': {'train': ['a'], 'test': ['a']}}},
     "speaker 'a' of north is in train and in test"),
    ({'corpora': {'north': {'train': [1]}}}, r'corpora.north.train\[0\] is 1; allowed: a text'),
    ({'training': {'epochs': 0}}, 'training.epochs is 0; allowed: a whole number over 0'),
    ({'training': {'epochs': 1.5}}, 'epochs is 1.5; allowed: a whole number over 0'),
    ({'training': {'bf16': 'yes please'}}, "bf16 is 'yes please'; allowed: true or false"),
    ({'training': {'mixup': -0.1}}, 'training.mixup is -0.1; allowed: a number of at least 0'),
    ({'training': {'averaging': 1}}, 'averaging is 1; allowed: a number of at least 0 and below 1'),
    ({'training': {'patience': -1}}, 'training.patience is -1; allowed: a whole number of at'),
    ({'training': {'patience': 3}},
     'training: patience is 3, which needs averaging over 0 .*averaging is 0.0'),
    ({'network': 'vgg'}, "network is 'vgg'; allowed: one of resnet34, resnet10, mobilenet_v3"),
    ({'partners': [{'network': 'vgg'}]}, r"partners\[0\].network is 'vgg'; allowed: one of"),
    ({'weights': [1.0, 2.0]}, 'weights is .1.0, 2.0.; allowed: a number for each of the 1'),
    ({'weights': [0.0]}, r'weights\[0\] is 0.0; allowed: a number over 0'),
    ({'partners': [{'width': 1.0}]}, "the key 'network' is missing"),
    ({'partners': [{'network': 'resnet10', 'training': {'epochs': 0}}]},
     r'partners\[0\].training.epochs is 0; allowed'),
    ({'name': 'resnet10', 'partners': [{'network': 'resnet10'}]},
     "name is 'resnet10'; allowed: another one than those of the networks"),
    ({'precisions': ['fp64']}, r"precisions\[0\] is 'fp64'; allowed: one of fp32, fp16, int8"),
    ({'window_s': 4}, 'window_s is 4, but mel_yin_rms/1 only makes windows of 2.604 s'),
    ({'window_s': -1}, 'window_s is -1; allowed: a number of at least 0'),
    ({'window_s': 4, 'input_shape': [64000]}, 'window_s is 4 and input_shape .* one of the two'),
    ({'feature_set': 'waveform/1', 'window_s': 15.02}, 'waveform/1 makes windows of 0.5 to 15 s'),
    ({'feature_set': 'waveform/1', 'window_s': 1.01}, 'a multiple of 0.02 s'),
    ({'encoder': {'tuning': {'layers': 1}}},
     'encoder.tuning.layers is 1; allowed: 0, since no network is a whisper_encoder'),
])
def test_wrong_values(tmp_path, config_path, change, reason):
    values = yaml.safe_load(config_path.read_text())
    values.update(change)
    path = tmp_path / 'wrong.yaml'
    path.write_text(yaml.safe_dump(values))
    with pytest.raises(SerError, match=reason) as caught:
        config.load(str(path))
    assert 'wrong.yaml' in str(caught.value)


@pytest.mark.parametrize('window_s, samples', [(None, 64000), (0, 64000), (2.6, 41600)])
def test_the_length_of_a_window(tmp_path, config_path, window_s, samples):
    values = dict(yaml.safe_load(config_path.read_text()), feature_set='waveform/1')
    if window_s is not None:
        values['window_s'] = window_s
    loaded = config.from_values(values, 'c.yaml')
    assert loaded.make_extractor().input_shape == (samples,)


@pytest.mark.parametrize('text, reason', [
    ('', 'it holds None; allowed: a mapping with the keys name'), ('a: [', 'not valid YAML'),
    ('name: x', "c.yaml: the key 'version' is missing")])
def test_no_configuration(tmp_path, text, reason):
    (tmp_path / 'c.yaml').write_text(text)
    with pytest.raises(SerError, match=reason):
        config.load(str(tmp_path / 'c.yaml'))
    with pytest.raises(SerError, match='cannot read .*missing.yaml'):
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
    (None, 'x: the layout is not known'),
    ('file_path,speaker\na.wav,1\n', "the column 'emotion' is missing"),
    ('', "the column 'file_path' is missing"),
    ('file_path,emotion,speaker\na.wav,tired,1\n', "unknown emotion 'tired'; add it to labels"),
])
def test_wrong_clip_lists(tmp_path, config_path, content, reason):
    (tmp_path / 'x').mkdir()
    if content is not None:
        (tmp_path / 'x' / 'metadata.csv').write_text(content)
    with pytest.raises(SerError, match=reason):
        loaded = config.load(str(config_path))
        to_clips('x', readers.read(tmp_path / 'x'), loaded.labels, loaded.merge, loaded.drop)


def test_speakers_that_are_missing(tmp_path, config_path, corpora):
    text = config_path.read_text().replace('test: [m]', 'test: [m, nobody]')
    (tmp_path / 'c.yaml').write_text(text)
    with pytest.raises(SerError, match='no clips of the speakers nobody'):
        load_part(config.load(str(tmp_path / 'c.yaml')), corpora, 'test')


def test_a_part_without_speakers(tmp_path, config_path, corpora):
    text = config_path.read_text().replace('validation: [c], ', '').replace('validation: [l], ', '')
    (tmp_path / 'c.yaml').write_text(text)
    with pytest.raises(SerError, match='lists no speakers for validation'):
        load_part(config.load(str(tmp_path / 'c.yaml')), corpora, 'validation')


@pytest.mark.parametrize('path', SHIPPED, ids=[path.stem for path in SHIPPED])
def test_shipped_configurations_load(path, corpora):
    assert config.load(str(path), corpora).name == path.stem


def test_the_shipped_models_share_a_split():
    assert {'resnet34', 'small', 'voice', 'voice_light'} <= {path.stem for path in STRANGERS}


@pytest.mark.parametrize('path', STRANGERS, ids=[path.stem for path in STRANGERS])
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


def test_values_are_replaced_on_the_command_line():
    before = config.load(RESNET34)
    after = config.load(RESNET34, changes=[
        'training.learning_rate=5e-5', 'name=mine', 'training.mixup=.5', 'drop=[fear]'])
    assert after == replace(
        before, name='mine', drop=['fear'],
        training=replace(before.training, learning_rate=5e-5, mixup=0.5))


def test_a_preset_is_chosen_and_changed_on_the_command_line():
    after = config.load(RESNET34, changes=[
        'training=presets/gpu_8gb.yaml', 'training.accumulation=4'])
    assert (after.training.accumulation, after.training.head_learning_rate) == (4, 0.0003)


@pytest.mark.parametrize('change, complaint', [
    ('training.learning=1', "training: unknown key 'learning'"),
    ('training.epochs=many', "training.epochs is 'many'"),
    ('training.epochs=0', 'training.epochs is 0'),
    ('epochs', "'epochs' is not a change of a value; allowed: KEY=VALUE"),
    ('name.first=a', "'name.first=a': name holds no keys"),
    ('labels=[', "'[' is not a value in YAML"),
])
def test_a_replaced_value_is_checked(change, complaint):
    with pytest.raises(SerError) as error:
        config.load(RESNET34, changes=[change])
    assert complaint in str(error.value)
