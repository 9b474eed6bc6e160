# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ser_ros adapt: the last layer, the folds, and the command from end to end on buzzes."""

import csv
import dataclasses
import json
import os

import numpy as np
import onnx
import pytest
from scipy.special import softmax

from ser_ros.adaptation import clips as adapt_clips
from ser_ros.adaptation import fit
from ser_ros.adaptation.clips import Heard, check_counts, read_clips, split
from ser_ros.adaptation.fit import Examples, fit_head
from ser_ros.adaptation.head import Body, Head, HeadGraph
from ser_ros.adaptation.threshold import HeldOut, choose_threshold
from ser_ros.cli import adapt as command
from ser_ros.cli.main import main
from ser_ros.corpora.labelled_clips import Clip
from ser_ros.errors import SerError
from ser_ros.evaluation.threshold import Answers, Threshold, describe_answers
from ser_ros.inference.classifier import open_classifier
from ser_ros.inference.model_file import Model
from ser_ros.inference.model_metadata import METADATA_KEY
from ser_ros.inference.onnx_file import writing
from ser_ros.training.export import onnx_export
from ser_ros.training.networks.onnx_graph import Graph

LABELS = ['happiness', 'anger', 'sadness', 'neutral']
SHAPE = (3, 128, 128)
SIZE = 24
RATE_HZ = 16000
METADATA = {
    'name': 'tiny', 'version': '2', 'labels': LABELS, 'feature_set': 'mel_yin_rms/1',
    'input_shape': list(SHAPE), 'temperature': 1.0, 'training_data': 'none', 'licence': 'free',
    'metrics': {'validation_uar': {'mean': 0.5}}, 'pretrained': 'something.pt'}


def tiny_model(transposed=1):
    """Return a network of random weights: a convolution, its mean, a hidden and a last layer."""
    generator = np.random.default_rng(4)

    def weights(*shape):
        return generator.normal(0, 0.3, shape).astype(np.float32)
    graph = Graph(SHAPE)
    last = graph.add('Conv', 'conv', [
        'image', graph.constant('conv.weight', weights(SIZE, 3, 16, 4)),
        graph.constant('conv.bias', weights(SIZE))], kernel_shape=[16, 4], strides=[8, 4])
    last = graph.add('Relu', 'relu', [last])
    last = graph.add('Flatten', 'flat', [graph.add('GlobalAveragePool', 'mean', [last])])
    head = weights(len(LABELS), SIZE) / 10
    graph.add('Gemm', 'logits', [
        last, graph.constant('logits.weight', head if transposed else head.T),
        graph.constant('logits.bias', weights(len(LABELS)))], transB=transposed)
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    model = helper.make_model(helper.make_graph(
        graph.nodes, 'tiny', [helper.make_tensor_value_info('image', kind, (1, *SHAPE))],
        [helper.make_tensor_value_info('logits', kind, (1, len(LABELS)))], graph.constants),
        opset_imports=[helper.make_opsetid('', writing.OPSET)])
    model.ir_version = writing.IR_VERSION
    return model


@pytest.fixture(scope='module')
def model_folder(tmp_path_factory):
    """Folder of a model that knows nothing."""
    folder = tmp_path_factory.mktemp('models') / 'tiny'
    folder.mkdir()
    model = tiny_model()
    writing.save(model, str(folder / 'fp32.onnx'), METADATA)
    writing.save(onnx_export.to_fp16(model), str(folder / 'fp16.onnx'), METADATA)
    return folder


@pytest.fixture
def write_clips(write_wav, tmp_path):
    """Return a function that writes buzzes, each emotion at its own pitch, and their list."""
    def write(emotions=('happiness', 'anger', 'sadness'), each=6, speakers='', silent=0):
        generator = np.random.default_rng(1)
        time_s = np.arange(round(2.7 * RATE_HZ)) / RATE_HZ
        rows = []
        for number, emotion in enumerate(emotions):
            for index in range(each):
                pitch_hz = (1 + 0.05 * generator.random()) * 120 * 2 ** number
                buzz = sum(np.sin(2 * np.pi * pitch_hz * k * time_s) / k for k in range(1, 6))
                name = f'clips/{emotion}_{index}.wav'
                write_wav(name, 0.1 * buzz + 0.01 * generator.standard_normal(len(time_s)))
                speaker = speakers[index % len(speakers)] if speakers else ''
                rows.append({'file_path': f'{emotion}_{index}.wav', 'emotion': emotion,
                             'speaker': speaker})
        for index in range(silent):
            write_wav(f'clips/silent_{index}.wav', np.zeros(RATE_HZ))
            rows.append({'file_path': f'silent_{index}.wav', 'emotion': emotions[0],
                         'speaker': speakers[:1]})
        with open(str(tmp_path / 'clips' / 'metadata.csv'), 'w', newline='') as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return tmp_path / 'clips'
    return write


def examples(clips=42, windows=2, labels=(0, 1, 2), seed=0):
    """Return windows whose features lie around a place of their label."""
    generator = np.random.default_rng(seed)
    places = generator.normal(0, 1, (len(LABELS), SIZE))
    truth = np.resize(labels, clips)
    which = np.repeat(np.arange(clips), windows)
    features = places[truth[which]] + generator.normal(0, 0.5, (len(which), SIZE))
    return Examples(features.astype(np.float32), which, truth)


def old_head():
    generator = np.random.default_rng(9)
    return Head(generator.normal(0, 0.03, (len(LABELS), SIZE)).astype(np.float32),
                np.zeros(len(LABELS), np.float32))


def right(head, given):
    scores = given.clip_scores(softmax(head.logits(given.features), axis=1))
    return np.mean(scores.argmax(axis=1) == given.labels)


def ensemble():
    """Return two tiny models in one graph, whose logits are averaged."""
    graph = tiny_model().graph
    parts = [onnx.compose.add_prefix_graph(graph, f'{name}.', rename_inputs=False)
             for name in 'ab']
    model = tiny_model()
    del model.graph.node[:], model.graph.initializer[:]
    for part in parts:
        model.graph.node.extend(part.node)
        model.graph.initializer.extend(part.initializer)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.float32(0.5), 'share'))
    model.graph.node.append(onnx.helper.make_node('Add', ['a.logits', 'b.logits'], ['sum']))
    model.graph.node.append(onnx.helper.make_node('Mul', ['sum', 'share'], ['logits']))
    return model


KINDS = {
    'as exported': tiny_model,
    'not transposed': lambda: tiny_model(transposed=0),
    'FP16 weights': lambda: onnx_export.with_fp16_weights(tiny_model()),
    'ensemble': ensemble,
}


@pytest.mark.parametrize('kind', KINDS)
def test_body_and_head_are_the_model(tmp_path, kind):
    path = str(tmp_path / 'fp32.onnx')
    writing.save(KINDS[kind](), path, METADATA)
    graph = HeadGraph(path)
    image = np.random.default_rng(0).random(SHAPE, np.float32)
    features = Body(graph, 1).features(image)
    assert graph.head.weight.shape == (len(LABELS), len(features))
    before = open_classifier(path).session.run(image)
    np.testing.assert_allclose(graph.head.logits(features), before, rtol=1e-4, atol=1e-5)
    graph.replace(Head(graph.head.weight[::-1], graph.head.bias[::-1]))
    writing.save(graph.model, path, METADATA)
    after = open_classifier(path).session.run(image)
    np.testing.assert_allclose(after, before[::-1], rtol=1e-3, atol=1e-4)


def test_fp16_files_get_the_same_head(tmp_path):
    path = str(tmp_path / 'fp16.onnx')
    writing.save(onnx_export.to_fp16(tiny_model()), path, METADATA)
    graph = HeadGraph(path)
    image = np.random.default_rng(0).random(SHAPE, np.float32)
    before = open_classifier(path, precision='fp16').session.run(image)
    graph.replace(Head(-graph.head.weight, -graph.head.bias))
    writing.save(graph.model, path, METADATA)
    np.testing.assert_allclose(
        open_classifier(path, precision='fp16').session.run(image), -before, atol=5e-3)


def test_a_model_without_a_last_layer_is_refused(tmp_path):
    model = tiny_model()
    model.graph.node[-1].CopyFrom(onnx.helper.make_node('Relu', ['flat'], ['logits']))
    path = tmp_path / 'some.onnx'
    onnx.save(model, str(path))
    with pytest.raises(SerError, match='some.onnx cannot be adapted: its last layer'):
        HeadGraph(str(path))


def test_the_head_learns():
    given, others = examples(), examples(seed=0, clips=60)
    assert right(old_head(), given) < 0.6
    for clips in given, others:
        assert right(fit_head(old_head(), given, 1.0), clips) >= 0.9


def test_keep_holds_on_to_what_was_answered():
    given, old = examples(), old_head()
    before = softmax(old.logits(given.features), axis=1)
    moved = [np.abs(softmax(fit_head(old, given, 1.0, keep).logits(given.features), axis=1)
                    - before).mean() for keep in (0.0, 1.0, 10.0, 1000.0)]
    assert moved == sorted(moved, reverse=True)
    assert moved[-1] < 0.01 < moved[0]


def test_a_label_without_clips_is_not_unlearnt():
    given, old = examples(), old_head()
    before, after = (softmax(head.logits(given.features), axis=1)[:, 3].mean()
                     for head in (old, fit_head(old, given, 1.0)))
    assert after > 0.5 * before


def test_a_clip_counts_once_however_many_windows_it_has():
    given = examples(windows=1)
    rows = np.repeat(np.arange(42), np.resize([1, 3], 42))
    longer = Examples(given.features[rows], given.clips[rows], given.labels)
    np.testing.assert_allclose(
        np.bincount(longer.clips, longer.weights()), given.weights(), rtol=1e-9)
    np.testing.assert_allclose(given.weights().sum(), 1.0)


def test_examples_of_some_clips():
    given = examples(clips=6)
    chosen = given.of([4, 1])
    assert chosen.clips.tolist() == [0, 0, 1, 1]
    assert chosen.labels.tolist() == given.labels[[1, 4]].tolist()
    np.testing.assert_array_equal(chosen.features[:2], given.features[2:4])


def clips_of(speakers, labels=(0, 1, 2), each=5):
    return [Clip('mine', f'{speaker}{label}{index}', speaker, label)
            for speaker in speakers for label in labels for index in range(each)]


def test_folds_by_speaker():
    clips = clips_of('abcdefg')
    folds, held_out = split(clips, 'auto', 0)
    assert held_out == 'speakers'
    assert len(folds) == adapt_clips.FOLDS
    assert sorted(np.concatenate(folds)) == list(range(len(clips)))
    inside = [{clips[index].speaker for index in fold} for fold in folds]
    assert sum(len(entry) for entry in inside) == 7


@pytest.mark.parametrize('speakers', ['', 'a'])
def test_folds_by_clip_hold_every_emotion(speakers):
    clips = clips_of(speakers or [''], each=6)
    folds, held_out = split(clips, 'auto', 0)
    assert held_out == 'clips'
    assert sorted(np.concatenate(folds)) == list(range(len(clips)))
    for fold in folds:
        assert {clips[index].label for index in fold} == {0, 1, 2}
    again, _ = split(clips, 'auto', 1)
    assert not all(map(np.array_equal, folds, again))


def test_speakers_are_not_held_out_where_they_cannot_be():
    with pytest.raises(SerError, match='two or more speakers'):
        split(clips_of('a'), 'speakers', 0)
    one_each = [Clip('mine', 'x', 'ab'[label], label) for label in (0, 1) for _ in range(5)]
    with pytest.raises(SerError, match='only one emotion is left'):
        split(one_each, 'auto', 0)
    assert split(one_each, 'clips', 0)[1] == 'clips'


def test_too_few_clips():
    with pytest.raises(SerError, match='two or more emotions with clips are needed.* 9 anger'):
        check_counts(np.full(9, 1), LABELS)
    with pytest.raises(SerError, match='but sadness has fewer .*9 anger, 4 sadness'):
        check_counts(np.repeat([1, 2], [9, 4]), LABELS)
    check_counts(np.repeat([1, 2], 5), LABELS)


def test_labels_that_the_model_does_not_know(write_clips):
    folder = write_clips(('happy', 'grumpy', 'fear'), each=1)
    with pytest.raises(SerError, match=r"'grumpy' \(1 clips\), 'fear' \(1 clips\)"):
        read_clips(folder, LABELS)


def test_labels_that_a_corpus_leaves_out(write_clips):
    clips, left_out = read_clips(write_clips(('happy', 'boredom'), each=2), LABELS, 'emodb')
    assert [clip.label for clip in clips] == [0, 0]
    assert left_out == {'boredom': 2}


@pytest.mark.usefixtures('loud_is_speech')
def test_the_command(model_folder, write_clips, tmp_path, capsys):
    folder = write_clips(speakers='abc', silent=1)
    arguments = ['adapt', str(model_folder) + '/', '--data', str(folder), '--output',
                 str(tmp_path / 'out'), '--name', 'mine', '--data-licence', 'private']
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert 'each speaker by a model trained on the others' in printed.out
    assert 'The adapted model is better on held-out clips' in printed.out
    assert '1 clips hold no speech and are left out: silent_0.wav' in printed.err
    made = tmp_path / 'out' / 'mine'
    model = Model(str(made))
    assert model.precisions == ('fp32', 'fp16')
    info = model.info
    assert info.name == 'mine' and info.version.startswith('2+')
    assert info.training_data == 'none; adapted with clips: 18 clips of 3 speakers'
    assert info.licence == 'free; of the clips it was adapted with: private'
    figures = info.metrics['adaptation']
    assert figures['uar_after'] > figures['uar_before'] + 0.3
    assert figures['held_out'] == 'speakers' and figures['clips'] == 18
    stored = json.loads({entry.key: entry.value for entry in onnx.load(
        str(made / 'fp32.onnx')).metadata_props}[METADATA_KEY])
    assert stored['adapted_from'] == {
        'name': 'tiny', 'version': '2', 'sha256': Model(str(model_folder)).info.sha256}
    assert stored['pretrained'] == 'something.pt'
    card = (made / 'README.md').read_text(encoding='utf-8')
    assert 'Files left out: 1 without speech.' in card
    assert 'No clips of neutral were given' in card
    assert 'private' in card

    first = (made / 'fp32.onnx').read_bytes()
    (made / 'int8.onnx').write_bytes(b'of another model')
    assert main(arguments) == 0
    assert (made / 'fp32.onnx').read_bytes() == first
    assert not (made / 'int8.onnx').exists()

    capsys.readouterr()
    assert main(['classify', '--model', str(made), str(folder / 'anger_0.wav')]) == 0
    assert 'anger' in capsys.readouterr().out


@pytest.mark.usefixtures('loud_is_speech')
@pytest.mark.parametrize('accuracy', [0.8, 1.0])
def test_the_threshold_is_chosen_anew(tmp_path, write_clips, accuracy):
    source = tmp_path / 'tiny'
    source.mkdir()
    writing.save(tiny_model(), str(source / 'fp32.onnx'),
                {**METADATA, 'min_confidence': 0.99, 'answer_accuracy': accuracy})
    arguments = ['adapt', f'{source}/', '--data', str(write_clips()), '--output',
                 str(tmp_path / 'out'), '--keep', '0']
    assert main(arguments) == 0
    info = Model(str(tmp_path / 'out' / 'tiny_adapted')).info
    assert info.min_confidence < 0.99
    assert info.answer_accuracy in (accuracy, None)
    assert set(info.metrics['adaptation']['answers']) == {'clips'}
    card = (tmp_path / 'out' / 'tiny_adapted' / 'README.md').read_text(encoding='utf-8')
    assert f'at least {info.min_confidence:.2f} (min_confidence). The value was chosen on' in card
    assert ('No threshold reaches' in card) == (info.answer_accuracy is None)
    honest = describe_answers({'clips': Answers(**info.metrics['adaptation']['answers']['clips'])})
    assert f'the threshold of the other folds: {honest}.' in card


def held_out(rights, confidences):
    """Return clips of one window each, in two folds; anger has each clip's confidence in turn."""
    clips = [Clip('mine', str(index), '', 0 if right else 1)
             for index, right in enumerate(rights)]
    rows = np.arange(len(clips))
    logits = np.log([[confidence, 1 - confidence] for confidence in confidences])
    labels = np.array([clip.label for clip in clips])
    return HeldOut(
        clips, Examples(np.zeros((len(clips), 1)), rows, labels),
        Heard(rows.tolist(), np.full(len(clips), 2.6), np.ones(len(clips))), logits,
        np.split(rows, 2))


def test_the_rate_is_told_of_clips_that_the_threshold_was_not_chosen_on(model_folder, monkeypatch):
    monkeypatch.setattr(HeldOut, 'temperature', lambda *_: 1.0)
    info = dataclasses.replace(Model(f'{model_folder}/').info, labels=('anger', 'joy'))
    # Of the first fold those over 0.8 are right, of the second those over 0.6.
    clips = held_out([0, 0, 1, 1, 0, 1, 1, 1], [0.55, 0.7, 0.9, 0.9] * 2)
    found = choose_threshold(clips, info, 1.0, 1.0)
    assert found.all == Threshold(0.71, True, {'mine': Answers(0.5, 1.0)})
    # With 0.56 of the second fold three of the first are answered, with 0.71 two of the second.
    assert found.cross_validated == {'mine': Answers(5 / 8, 4 / 5)}


@pytest.mark.usefixtures('loud_is_speech')
def test_files_that_cannot_be_read_are_left_out(model_folder, write_clips, tmp_path, capsys):
    folder = write_clips()
    (folder / 'anger_5.wav').write_bytes(b'no sound')
    (folder / 'sadness_5.wav').write_bytes(b'')
    (folder / 'happiness_5.wav').unlink()
    assert main(['adapt', f'{model_folder}/', '--data', str(folder), '--output',
                 str(tmp_path / 'out'), '--force']) == 0
    printed = capsys.readouterr()
    for name in 'anger_5.wav', 'sadness_5.wav', 'happiness_5.wav':
        assert len([line for line in printed.err.splitlines()
                    if line.startswith('ser_ros: warning: left out: ') and name in line]) == 1
    card = (tmp_path / 'out' / 'tiny_adapted' / 'README.md').read_text(encoding='utf-8')
    for text in printed.out, card:
        assert 'Files left out: 3 unreadable.' in text
    assert Model(str(tmp_path / 'out' / 'tiny_adapted')).info.metrics['adaptation']['clips'] == 15


def test_nothing_can_be_read(model_folder, write_clips, capsys):
    folder = write_clips(('anger',), each=2)
    for path in folder.glob('*.wav'):
        path.write_bytes(b'')
    assert main(['adapt', f'{model_folder}/', '--data', str(folder)]) == 2
    assert 'none of the 2 clips can be read; first problem: ' in capsys.readouterr().err


@pytest.mark.usefixtures('loud_is_speech')
def test_no_gain_is_not_written(model_folder, write_clips, tmp_path, capsys):
    folder = write_clips(('happiness', 'anger'), each=5)
    adapted = tmp_path / 'out' / 'tiny_adapted'
    arguments = ['adapt', str(model_folder) + '/', '--data', str(folder), '--output',
                 str(tmp_path / 'out')]
    assert main([*arguments, '--keep', '100']) == command.NO_GAIN_CODE
    assert 'the model is not written; use --force' in capsys.readouterr().err
    assert not adapted.exists()
    assert main([*arguments, '--keep', '100', '--force']) == 0
    card = (adapted / 'README.md').read_text(encoding='utf-8')
    assert 'The adapted model is not better on held-out clips.' in card


@pytest.mark.parametrize(('arguments', 'text'), [
    (['--keep', '-1'], '--keep must be from 0 to 100, got -1'),
    (['--keep', 'nan'], '--keep must be from 0 to 100, got nan'),
    (['--threads', '0'], 'threads must be a whole number from 1 to'),
    (['--seed', '-2'], '--seed must be 0 or more, got -2'),
    (['--name', 'a/b'], "--name must be the name of a folder without a path, got 'a/b'"),
])
def test_wrong_arguments(model_folder, tmp_path, capsys, arguments, text):
    assert main(['adapt', str(model_folder), '--data', str(tmp_path), *arguments]) == 2
    assert text in capsys.readouterr().err


def test_a_model_does_not_overwrite_itself(model_folder, tmp_path, capsys):
    assert main(['adapt', str(model_folder), '--data', str(tmp_path), '--output',
                 str(model_folder.parent), '--name', model_folder.name]) == 2
    assert 'holds the model to adapt; choose another --name' in capsys.readouterr().err
    assert Model(str(model_folder)).info.version == '2'


def test_the_command_and_the_code_allow_the_same():
    assert command.HOLD_OUT == adapt_clips.HOLD_OUT
    assert command.KEEP == fit.KEEP


def test_a_stranger_of_another_recording(shared_data, tmp_path, capsys):
    """KD0 is a validation speaker: the shipped model has never heard her."""
    pytest.importorskip('silero_vad')
    source = shared_data / 'nemo'
    with open(str(source / 'metadata.csv'), newline='', encoding='utf-8') as file:
        rows = [row for row in csv.DictReader(file) if row['speaker'] == 'KD0']
    chosen = {}
    for row in rows:
        chosen.setdefault(row['emotion'], []).append(row)
    with open(str(tmp_path / 'metadata.csv'), 'w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(['file_path', 'emotion', 'speaker'])
        for members in chosen.values():
            writer.writerows([os.path.join(str(source), row['file_path']), row['emotion'], 'KD0']
                             for row in members[::7][:10])
    assert main(['adapt', 'small', '--data', str(tmp_path), '--output',
                 str(tmp_path / 'out')]) == 0
    figures = Model(str(tmp_path / 'out' / 'small_adapted')).info.metrics['adaptation']
    assert figures['clips'] >= 55
    assert figures['uar_after'] > figures['uar_before'] + 0.05
    assert '| UAR |' in capsys.readouterr().out
