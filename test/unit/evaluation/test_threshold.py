# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From which confidence on an emotion is named, on answers whose right threshold is known."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ser_ros.cli.main import main
from ser_ros.corpora.labelled_clips import Clip
from ser_ros.emotion.settings import TrackerSettings
from ser_ros.errors import SerError
from ser_ros.evaluation import threshold
from ser_ros.evaluation.scoring import WindowScores
from ser_ros.evaluation.threshold import Answers, answer
from ser_ros.inference.classifier import open_classifier
from ser_ros.inference.model_file import Model
from ser_ros.inference.onnx_file import writing
from ser_ros.training import config
from ser_ros.training.export import onnx_export
from ser_ros.training.networks.registry import make_network

LABELS = ('anger', 'joy')
SETTINGS = TrackerSettings()


def clip(corpus, confidence, right, speech=1.0):
    """Return a clip of one window, in which anger or joy has this probability, and its scores."""
    return Clip(corpus, Path('x.wav'), '', 0 if right else 1), WindowScores(
        np.array([[confidence, 1.0 - confidence]], np.float32), np.array([2.6]),
        np.array([speech]))


def clips(corpus, count, wrong, confidence):
    return [clip(corpus, confidence, index >= wrong) for index in range(count)]


def choose(entries, accuracy):
    """Return the threshold that is chosen on these clips and scores."""
    return threshold.choose(*zip(*entries, strict=True), LABELS, accuracy, SETTINGS)


# Of the surer half 9 of 10 are right, of all of them 6 of 10.
NORTH = clips('north', 20, 14, 0.6) + clips('north', 20, 2, 0.85)


@pytest.mark.parametrize('accuracy, expected, right, answered', [
    (0.6, 0.0, 0.6, 1.0), (0.75, 0.61, 0.9, 0.5), (0.9, 0.61, 0.9, 0.5)])
def test_the_lowest_threshold_that_reaches_the_rate(accuracy, expected, right, answered):
    found = choose(NORTH, accuracy)
    assert found.reached
    assert found.min_confidence == expected
    assert found.right == pytest.approx(right)
    assert found.answered == pytest.approx(answered)


def test_a_rate_out_of_reach():
    found = choose(NORTH, 0.95)
    assert not found.reached
    assert found.min_confidence == 0.61
    assert found.right == pytest.approx(0.9)


def test_too_few_answers_say_nothing():
    # One sure answer, which is right, of 41: it is not worth silence on all others.
    found = choose([*NORTH, clip('north', 0.99, True)], 0.95)
    assert not found.reached
    assert found.min_confidence == 0.61


def test_every_corpus_weighs_the_same():
    # In the south, ten times larger, everything is right.
    south = clips('south', 400, 0, 0.9)
    found = choose([*NORTH, *south], 0.85)
    assert found.min_confidence == 0.61
    assert found.answers['south'] == Answers(1.0, 1.0)
    assert found.right == pytest.approx(0.95)
    assert found.answered == pytest.approx(0.75)


def test_windows_without_speech_do_not_count():
    silent = [clip('north', 0.99, False, speech=0.0) for _ in range(100)]
    assert choose([*NORTH, *silent], 0.75) == choose(NORTH, 0.75)
    with pytest.raises(SerError, match='no speech was found in the clips of north'):
        choose(silent, 0.75)


def test_windows_are_smoothed_as_in_the_graph():
    probabilities = np.array([[0.9, 0.1], [0.1, 0.9]], np.float32)
    anger = Clip('north', Path('x.wav'), '', 0)
    entry = WindowScores(probabilities, np.array([2.6, 3.1]), np.ones(2))
    # After the second window anger has 0.9 exp(-0.5) + 0.1 (1 - exp(-0.5)) = 0.585.
    for least, answered in ((0.58, 1.0), (0.59, 0.5)):
        found = answer([anger], [entry], LABELS, TrackerSettings(min_confidence=least))
        assert found == {'north': Answers(answered, 1.0)}


@pytest.fixture
def model_folder(tmp_path, config_path):
    """Folder of a model with random weights that says of itself what it has to."""
    torch.manual_seed(0)
    settings = config.load(str(config_path))
    model = onnx_export.to_onnx(make_network(settings).eval(), (3, 128, 128))
    metadata = {
        'name': 'tiny', 'version': '1', 'labels': settings.labels, 'metrics': {'kept': 1},
        'feature_set': settings.feature_set, 'input_shape': [3, 128, 128], 'temperature': 1.0,
        'training_data': 'none', 'licence': 'none'}
    for name, form in (('fp32', model), ('fp16', onnx_export.to_fp16(model))):
        writing.save(form, str(tmp_path / (name + '.onnx')), metadata)
    return tmp_path


@pytest.mark.usefixtures('loud_is_speech')
def test_calibrate_writes_it_into_all_files(model_folder, config_path, corpora, capsys, caplog):
    image = np.random.default_rng(0).random((3, 128, 128), np.float32)
    before = open_classifier(str(model_folder)).probabilities(image)
    arguments = ['calibrate', str(model_folder), str(config_path), '--data', str(corpora)]
    assert main([*arguments, '--accuracy', '0.01']) == 0
    assert 'min_confidence 0.00: ' in capsys.readouterr().out
    for name in ('fp32', 'fp16'):
        info = Model(str(model_folder / (name + '.onnx'))).info
        assert (info.min_confidence, info.answer_accuracy) == (0.0, 0.01)
        assert info.metrics['kept'] == 1
        assert set(info.metrics['validation_answers']) == {'north', 'south'}
    assert sorted(path.name for path in model_folder.iterdir()) == ['fp16.onnx', 'fp32.onnx']
    np.testing.assert_array_equal(open_classifier(str(model_folder)).probabilities(image), before)
    # What is out of reach is not stated.
    assert main([*arguments, '--accuracy', '1']) == 0
    assert Model(str(model_folder) + '/').info.answer_accuracy is None
    assert 'no threshold reaches 100 % right answers' in caplog.text


@pytest.mark.parametrize('model, options, reason', [
    ('absent', [], 'absent is not a folder; give the folder of the model'),
    ('.', ['--accuracy', '0'], '--accuracy must be over 0 and at most 1, got 0.0'),
    ('.', ['--accuracy', 'nan'], '--accuracy must be over 0 and at most 1, got nan')])
def test_wrong_arguments(tmp_path, monkeypatch, capsys, config_path, model, options, reason):
    monkeypatch.chdir(tmp_path)
    assert main(['calibrate', model, str(config_path), '--data', '.', *options]) == 2
    assert reason in capsys.readouterr().err


def test_describe():
    found = choose(NORTH, 0.75)
    assert threshold.describe(found) == (
        'min_confidence 0.61: 90.0% of the answers are right, 50.0% of the windows with speech '
        'are answered (north 90.0% of 50.0%)')
