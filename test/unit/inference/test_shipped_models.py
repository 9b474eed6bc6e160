# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The models that ship: whole, readable by old runtimes, and the same at every precision."""

import os

import numpy as np
import pytest

from ser_ros.defaults import load_defaults
from ser_ros.emotion.labels import EMOTIONS
from ser_ros.features.registry import FEATURE_SETS, create_extractor
from ser_ros.inference.classifier import open_classifier
from ser_ros.inference.model_file import Model, available_models
from ser_ros.inference.registry import BACKENDS

OLDEST_TENSORRT_OPSET = 13
OLDEST_ONNXRUNTIME_IR_VERSION = 8
WINDOW_SAMPLES = 48000  # more than a window of any set
SPEAKERS = ('ravdess/Actor_21', 'nemo/TP0')  # of the test part, which no calibration has seen
CLIPS_PER_SPEAKER = 30  # with 12, one clip more or less decided about agreement


@pytest.fixture(params=available_models())
def name(request):
    """Each model that ships."""
    return request.param


def speech_like(samples, pitch_hz=140):
    """Return a voice-like signal: a gliding buzz that comes and goes, in a little noise."""
    generator = np.random.RandomState(1)
    time_s = np.arange(samples) / 16000
    phase = 2 * np.pi * np.cumsum(pitch_hz + 40 * np.sin(2 * np.pi * 0.7 * time_s)) / 16000
    voice = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 20))
    syllables = np.maximum(0, np.sin(2 * np.pi * 3 * time_s))
    return (0.1 * voice * syllables + 1e-3 * generator.randn(samples)).astype(np.float32)


def window(samples, feature_set):
    """Return the image of the first window."""
    extractor = create_extractor(feature_set)
    extractor.push(samples[:extractor.window_samples])
    return extractor.input()


def answers(name, precision, images, backend='onnxruntime'):
    """Return the probabilities of all images, (images, labels)."""
    classifier = open_classifier(name, backend, precision)
    assert classifier.session.precision == precision
    return np.stack([classifier.probabilities(image) for image in images])


def test_the_default_model_is_there():
    assert load_defaults('emotion_inference')['model'] in available_models()


def test_metadata(name):
    model = Model(name)
    assert 'fp32' in model.precisions
    assert model.info.name == name
    assert model.info.labels == EMOTIONS
    assert model.info.feature_set in FEATURE_SETS
    assert model.info.input_shape == create_extractor(model.info.feature_set).input_shape
    assert model.info.training_data
    assert model.info.licence
    assert model.info.metrics['validation_uar']


def test_versions_that_old_runtimes_read(name):
    model = Model(name)
    for precision in model.precisions:
        info = Model(model.path(precision)).info
        assert info.precision == precision
        assert info.opset <= OLDEST_TENSORRT_OPSET
        assert info.ir_version <= OLDEST_ONNXRUNTIME_IR_VERSION


def test_the_graphs_are_valid(name):
    onnx = pytest.importorskip('onnx')
    model = Model(name)
    for precision in model.precisions:
        onnx.checker.check_model(onnx.load(model.path(precision)), full_check=True)


def test_there_is_a_card_that_names_the_licence(name):
    folder = os.path.dirname(Model(name).path('fp32'))
    with open(os.path.join(folder, 'README.md'), encoding='utf-8') as file:
        card = file.read()
    assert card.startswith('# ' + name)
    assert 'CC BY-NC-SA 4.0' in card


def test_precisions_agree_on_a_voice_like_signal(name):
    model = Model(name)
    images = [window(speech_like(WINDOW_SAMPLES), model.info.feature_set)]
    expected = answers(name, 'fp32', images)
    for precision, tolerance in (('fp16', 1e-2), ('int8', 0.1)):
        if precision in model.precisions:
            np.testing.assert_allclose(
                answers(name, precision, images), expected, atol=tolerance)


def test_precisions_agree_on_speech(name, shared_data):
    from ser_ros.audio.file_source import FileSource
    model = Model(name)
    images = []
    for speaker in SPEAKERS:
        paths = sorted((shared_data / speaker).iterdir())
        for path in paths[::len(paths) // CLIPS_PER_SPEAKER][:CLIPS_PER_SPEAKER]:
            source = FileSource(str(path), min_samples=131 * 320)
            chunks = [source.read() for _ in range(131)]
            source.close()
            samples = np.concatenate(chunks).astype(np.float32) / 32768
            images.append(window(samples, model.info.feature_set))
    expected = answers(name, 'fp32', images)
    if 'fp16' in model.precisions:
        np.testing.assert_allclose(answers(name, 'fp16', images), expected, atol=1e-2)
    if 'int8' in model.precisions:
        coarse = answers(name, 'int8', images)
        assert np.abs(coarse - expected).mean() < 0.02
        assert np.mean(coarse.argmax(axis=1) == expected.argmax(axis=1)) >= 0.9


def test_pytorch_says_the_same(name):
    backend = BACKENDS['pytorch']
    reason = backend.unavailable_reason() or backend.refusal(Model(name))
    if reason:
        pytest.skip(reason)
    images = [window(speech_like(WINDOW_SAMPLES), Model(name).info.feature_set)]
    np.testing.assert_allclose(
        answers(name, 'fp32', images, 'pytorch'), answers(name, 'fp32', images), atol=1e-4)
