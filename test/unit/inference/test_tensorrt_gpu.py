# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What only a GPU shows: engines that are built for it and run on it."""

import contextlib

import numpy as np
import pytest

from ser_ros.inference.engine_options import EngineOptions
from ser_ros.inference.model_file import Model, available_models
from ser_ros.inference.registry import BACKENDS, choose_backend
from ser_ros.inference.softmax import softmax
from ser_ros.inference.tensorrt_engine.reference import TOLERANCES

REASON = BACKENDS['tensorrt'].unavailable_reason()
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(REASON is not None, reason=f'TensorRT cannot run here: {REASON}')]


@pytest.fixture(scope='module')
def options(tmp_path_factory):
    return EngineOptions(folder=str(tmp_path_factory.mktemp('engines')))


@pytest.mark.parametrize('name', available_models())
@pytest.mark.parametrize('precision', ['fp32', 'fp16', 'int8'])
def test_answers_like_onnx_runtime(name, precision, options):
    model = Model(name)
    if precision not in BACKENDS['tensorrt'].precisions(model):
        pytest.skip(f'{precision} is not offered for {name} here')
    stored = precision if precision == 'int8' else 'fp32'
    generator = np.random.default_rng(0)
    images = [generator.uniform(size=model.info.input_shape).astype(np.float32)
              for _ in range(5)]
    with contextlib.closing(choose_backend('onnxruntime').open(model, stored)) as session:
        expected = softmax(np.array([session.run(image) for image in images]))
    with contextlib.closing(BACKENDS['tensorrt'].open(
            model, precision, engines=options)) as session:
        assert session.precision == precision
        found = softmax(np.array([session.run(image) for image in images]))
    # INT8 here is compared with the stored U8 form, not with the converted one.
    tolerance = 0.1 if precision == 'int8' else TOLERANCES[precision]
    assert np.abs(found - expected).max() < tolerance
