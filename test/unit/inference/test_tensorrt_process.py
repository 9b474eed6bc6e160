# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The build process from end to end, as on a board: a fake TensorRT that can be imported there."""

import contextlib
import os
import sys

import numpy as np
import pytest
from fake_tensorrt import GENERATIONS

from ser_ros.inference.engine_options import EngineOptions
from ser_ros.inference.model_file import Model
from ser_ros.inference.registry import BACKENDS
from ser_ros.inference.tensorrt_engine import devices, driver

pytest.importorskip('onnx')

# Stands for the package tensorrt, in this process and in the builder: it brings a GPU and pycuda.
PACKAGE = '''
import sys
sys.path.append({here!r})
import fake_cuda, fake_tensorrt
from ser_ros.inference.tensorrt_engine import driver
driver.first_gpu = lambda: driver.Gpu('Fake GPU', (8, 7))
cuda = fake_cuda.Cuda()
sys.modules.update(fake_cuda.pycuda_modules(cuda))
globals().update({{key: value for key, value in vars(
    fake_tensorrt.make({generation!r}, cuda)).items() if key[:2] != '__' or key == '__version__'}})
'''


@pytest.fixture(autouse=True)
def modules():
    """None of the fakes is left imported."""
    names = ('tensorrt', 'pycuda', 'pycuda.driver')
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    yield
    for name in names:
        sys.modules.pop(name, None)
    sys.modules.update(before)


@pytest.mark.parametrize('generation', [name for name in GENERATIONS if name != 'rtx'])
def test_a_session_whose_engine_another_process_builds(generation, monkeypatch, tmp_path,
                                                       tiny_folder, image, expected_logits):
    packages = tmp_path / 'packages'
    (packages / 'tensorrt').mkdir(parents=True)
    (packages / 'tensorrt' / '__init__.py').write_text(PACKAGE.format(
        here=os.path.dirname(os.path.abspath(__file__)), generation=generation))
    monkeypatch.syspath_prepend(str(packages))
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join(
        [str(packages)] + [path for path in [os.environ.get('PYTHONPATH')] if path]))
    monkeypatch.setattr(devices, '_devices', {})
    monkeypatch.setattr(driver, 'first_gpu', lambda: driver.Gpu('Fake GPU', (8, 7)))
    steps = []
    options = EngineOptions(folder=str(tmp_path / 'engines'),
                            on_progress=lambda step, share: steps.append((step, share)))
    with contextlib.closing(BACKENDS['tensorrt'].open(
            Model(str(tiny_folder)), 'fp16', engines=options)) as session:
        assert session.precision == 'fp16'
        np.testing.assert_allclose(session.run(image), expected_logits, atol=0.01)
    assert ('computing the reference answer', None) in steps
    assert (('building: Building', 0.5) in steps) == (generation in ('10', '11'))
