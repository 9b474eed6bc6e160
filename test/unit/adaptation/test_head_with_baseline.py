# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The last layer of a model that takes the baseline of a voice."""

import numpy as np
import pytest

onnx = pytest.importorskip('onnx')
pytest.importorskip('onnxruntime')

from tiny_models import SHAPE, voice_answer, write_voice_model  # noqa: E402

from ser_ros.adaptation.head import Body, Head, HeadGraph  # noqa: E402
from ser_ros.inference.classifier import open_classifier  # noqa: E402

IMAGE = np.random.default_rng(1).uniform(size=SHAPE).astype(np.float32)
BASELINE = np.float32([0.3, -0.2, 0.1, 0.4, 0.5])


def test_features_are_those_of_a_stranger(tmp_path):
    graph = HeadGraph(str(write_voice_model(tmp_path / 'm.onnx')))
    logits = graph.head.logits(Body(graph, 1).features(IMAGE)[np.newaxis])[0]
    np.testing.assert_allclose(logits, voice_answer(IMAGE)[0], atol=1e-5)


def test_another_last_layer_keeps_the_baseline(tmp_path):
    graph = HeadGraph(str(write_voice_model(tmp_path / 'm.onnx')))
    head = graph.head
    graph.replace(Head(-head.weight, head.bias + 1))
    onnx.save(graph.model, str(tmp_path / 'm.onnx'))
    logits, voice = open_classifier(str(tmp_path / 'm.onnx')).session.answer(IMAGE, BASELINE)
    expected_logits, expected_voice = voice_answer(IMAGE, BASELINE)
    np.testing.assert_allclose(logits, 1 - expected_logits, atol=1e-5)
    np.testing.assert_allclose(voice, expected_voice, atol=1e-5)
