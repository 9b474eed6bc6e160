# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Probabilities: what softmax, the temperature and a choice of emotions make of the logits."""

import numpy as np
import pytest
from fake_sessions import LABELS, SHAPE, FakeSession
from hypothesis import given, strategies

from ser_ros.errors import SerError
from ser_ros.inference.classifier import Classifier, open_classifier
from ser_ros.inference.softmax import softmax

IMAGE = np.zeros(SHAPE, np.float32)
LOGITS = np.array([2., 0., -1.])


def classifier(logits=LOGITS, emotions=('all',), temperature=1.):
    return Classifier(FakeSession(answer=lambda image: logits, temperature=temperature), emotions)


def test_softmax_with_temperature():
    powers = np.exp(LOGITS / 2)
    probabilities = classifier(temperature=2.).probabilities(IMAGE)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, powers / powers.sum(), rtol=1e-6)


def test_a_subset_is_renormalised_in_the_models_order():
    chosen = classifier(emotions=['sadness', 'happiness'])
    assert chosen.labels == ('happiness', 'sadness')
    whole = classifier().probabilities(IMAGE)[[0, 2]]
    np.testing.assert_allclose(
        chosen.probabilities(IMAGE), whole / whole.sum(), rtol=1e-6)


@given(strategies.lists(strategies.floats(-1e4, 1e4, width=32), min_size=2, max_size=9))
def test_probabilities_add_up_to_one(logits):
    probabilities = softmax(np.array(logits, np.float32))
    assert np.all(probabilities >= 0)
    assert abs(probabilities.sum() - 1) < 1e-5


@pytest.mark.parametrize('emotions, reason', [
    (['joy'], "unknown emotion 'joy'; allowed: happiness, anger, sadness"),
    (['all', 'anger'], "unknown emotion 'all'"),
    ([], 'two or more different labels, got'),
    (['anger'], 'two or more different labels, got'),
    (['anger', 'anger'], 'two or more different labels, got'),
])
def test_emotions_that_cannot_be_chosen(emotions, reason):
    with pytest.raises(SerError, match=reason):
        classifier(emotions=emotions)


def test_logits_that_are_not_finite():
    with pytest.raises(SerError, match='the model fake answered .*nan.* in fp32 on fake'):
        classifier(logits=[np.nan, 0., 0.]).probabilities(IMAGE)


def test_open_by_path(tiny_folder, image, expected_logits):
    opened = open_classifier(str(tiny_folder), 'onnxruntime', 'fp16', emotions=('anger', 'sadness'))
    assert opened.session.precision == 'fp16'
    powers = np.exp(expected_logits[1:] / 2)
    np.testing.assert_allclose(opened.probabilities(image), powers / powers.sum(), atol=1e-2)
    opened.close()
    with pytest.raises(SerError, match='unknown emotion'):
        open_classifier(str(tiny_folder), emotions=('joy', 'anger'))
    assert LABELS == opened.session.info.labels
