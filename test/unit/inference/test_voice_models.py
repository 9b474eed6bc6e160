# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Models with a second input, the baseline of a voice, and a second output, the voice."""

import numpy as np
import pytest
from fake_sessions import FakeSession
from tiny_models import (
    VOICE_LABELS,
    VOICE_SIZE,
    voice_answer,
    write_model,
    write_voice_model,
)

from ser_ros.errors import SerError
from ser_ros.inference.classifier import Classifier
from ser_ros.inference.model_file import Model
from ser_ros.inference.model_metadata import read_metadata
from ser_ros.inference.registry import BACKENDS
from ser_ros.inference.softmax import softmax

BASELINE = np.float32([0.3, -0.2, 0.1, 0.4, 0.5])
TOLERANCES = {'fp32': 1e-5, 'fp16': 2e-2, 'int8': 5e-2}


@pytest.fixture
def voice_folder(tmp_path):
    """Path of a model folder with a baseline, in the three precisions."""
    folder = tmp_path / 'voice'
    folder.mkdir()
    for precision in TOLERANCES:
        write_voice_model(folder / (precision + '.onnx'), precision)
    return folder


@pytest.fixture
def open_session(voice_folder):
    def open_session(precision='fp32'):
        return BACKENDS['onnxruntime'].open(Model(str(voice_folder)), precision)
    return open_session


def test_the_size_is_read_from_the_file(voice_folder):
    assert Model(str(voice_folder)).info.voice_size == VOICE_SIZE


def test_other_models_have_none(tiny_folder):
    assert Model(str(tiny_folder)).info.voice_size == 0


@pytest.mark.parametrize('changes, reason', [
    ({'voice_size': None}, 'voice_size 0 must have one input and one output, but this graph has 2'),
    ({'voice_size': 5}, r'needs baseline \[1, 6\] as the second, but the graph has base'),
    ({'voice_size': -1}, 'voice_size is -1'),
    ({'inputs': (('norm', 5), ('voice', 4))}, r'needs baseline .* but the graph has norm \[1, 5\]'),
    ({'inputs': (('baseline', 5), ('v', 4))}, r'needs voice .* but the graph has v \[1, 4\]')])
def test_a_graph_that_does_not_fit(tmp_path, changes, reason):
    path = write_voice_model(tmp_path / 'm.onnx', **changes)
    with pytest.raises(SerError, match=reason):
        read_metadata(str(path))


def test_a_size_without_a_baseline_in_the_graph(tmp_path):
    values = '{"name": "t", "version": "1", "labels": ["a", "b", "c"], "feature_set": "f", ' \
        '"input_shape": [1, 4, 4], "temperature": 1, "training_data": "", "licence": "", ' \
        '"metrics": {}, "voice_size": 4}'
    path = write_model(tmp_path / 'm.onnx', values=values)
    with pytest.raises(SerError, match='must have two inputs and two outputs, but this graph'):
        read_metadata(str(path))


@pytest.mark.parametrize('precision', TOLERANCES)
@pytest.mark.parametrize('baseline', [None, BASELINE])
def test_answers_are_right_and_float32(open_session, image, precision, baseline):
    session = open_session(precision)
    assert session.precision == precision
    found = session.answer(image, baseline)
    for value, expected in zip(found, voice_answer(image, baseline)):
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, expected, atol=TOLERANCES[precision])


def test_without_a_baseline_it_is_a_stranger(open_session, image):
    session = open_session()
    np.testing.assert_array_equal(session.run(image), session.answer(
        image, np.zeros(VOICE_SIZE + 1, np.float32)).logits)


def test_a_batch_is_of_strangers(tmp_path, image):
    write_voice_model(tmp_path / 'm.onnx', batch='windows')
    session = BACKENDS['onnxruntime'].open(Model(str(tmp_path / 'm.onnx')), 'fp32')
    assert session.batch > 1
    images = np.stack([image, image / 2, -image])
    np.testing.assert_allclose(
        session.run_batch(images), [voice_answer(one)[0] for one in images], atol=1e-5)


@pytest.mark.parametrize('given', [np.zeros(4, np.float32), np.zeros(5), np.zeros(
    (1, 5), np.float32)])
def test_a_baseline_of_another_shape_or_type(open_session, image, given):
    with pytest.raises(SerError, match=r'takes a baseline of float32 \[5\], got'):
        open_session().answer(image, given)


def test_a_baseline_for_a_model_that_takes_none(tiny_folder, image):
    session = BACKENDS['onnxruntime'].open(Model(str(tiny_folder)), 'fp32')
    assert session.answer(image).voice is None
    with pytest.raises(SerError, match='the model tiny takes no baseline of a voice'):
        session.answer(image, BASELINE)


def test_pytorch_refuses(voice_folder):
    if BACKENDS['pytorch'].unavailable_reason():
        pytest.skip('torch is not installed')
    with pytest.raises(SerError, match='pytorch runs no models with a baseline .*onnxruntime'):
        BACKENDS['pytorch'].open(Model(str(voice_folder)), 'fp32')


def test_a_session_that_knows_no_baselines_refuses():
    with pytest.raises(SerError, match='fake runs no models with a baseline'):
        FakeSession(voice_size=4).run(np.zeros((1, 2, 2), np.float32))


def test_what_a_classifier_says_of_a_voice(open_session, image):
    whole = Classifier(open_session()).recognize(image, BASELINE)
    logits, voice = voice_answer(image, BASELINE)
    np.testing.assert_allclose(whole.probabilities, softmax(logits / 2.0), atol=1e-5)
    np.testing.assert_allclose(whole.voice, voice, atol=1e-5)
    assert whole.calm == pytest.approx(whole.probabilities[VOICE_LABELS.index('neutral')])


def test_calm_is_counted_among_all_labels(open_session, image):
    whole = Classifier(open_session()).recognize(image)
    part = Classifier(open_session(), ('happiness', 'anger')).recognize(image)
    assert part.calm == whole.calm > 0
    assert len(part.probabilities) == 2


def test_a_model_without_neutral_hears_no_calm(tiny_folder, image):
    session = BACKENDS['onnxruntime'].open(Model(str(tiny_folder)), 'fp32')
    assert Classifier(session).recognize(image)[1:] == (0.0, None)


class TestForms:
    """The forms that TensorRT is given keep inputs and outputs in float32."""

    @pytest.fixture(autouse=True)
    def packages(self):
        self.onnx = pytest.importorskip('onnx')
        self.forms = pytest.importorskip('ser_ros.inference.onnx_file.forms')

    @pytest.mark.parametrize('form, source', [
        ('to_fp16', 'fp32'), ('to_signed_int8', 'int8'), ('fold_stored_weights', 'fp32')])
    def test_types_and_answers(self, voice_folder, image, form, source):
        path = voice_folder / (source + '.onnx')
        changed = getattr(self.forms, form)(self.onnx.load(str(path)))
        self.onnx.checker.check_model(changed, full_check=True)
        graph = changed.graph
        assert [value.type.tensor_type.elem_type for value in [*graph.input, *graph.output]] == [
            self.onnx.TensorProto.FLOAT] * 4
        target = voice_folder.parent / 'changed.onnx'
        self.onnx.save(changed, str(target))
        precision = {'to_fp16': 'fp16', 'to_signed_int8': 'int8'}.get(form, 'fp32')
        session = BACKENDS['onnxruntime'].open(Model(str(target)), precision)
        for value, expected in zip(
                session.answer(image, BASELINE), voice_answer(image, BASELINE)):
            np.testing.assert_allclose(value, expected, atol=TOLERANCES[precision])
