# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of inference share."""

import numpy as np
import pytest
from tiny_models import SHAPE, weights, write_model


@pytest.fixture
def tiny_folder(tmp_path):
    """Path of a model folder with the three precisions."""
    folder = tmp_path / 'tiny'
    folder.mkdir()
    for precision in ('fp32', 'fp16', 'int8'):
        write_model(folder / (precision + '.onnx'), precision)
    return folder


@pytest.fixture
def image():
    """One window of the tiny model."""
    return np.random.default_rng(1).uniform(size=SHAPE).astype(np.float32)


@pytest.fixture
def expected_logits(image):
    """What the tiny model answers to ``image``, computed in float64."""
    weight, bias = weights()
    return image.reshape(-1).astype(np.float64) @ weight + bias
