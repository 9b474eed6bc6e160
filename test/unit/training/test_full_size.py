# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The network of wav2vec2_korean.yaml in full size, with random weights: files of 2.3 GB.

Run on demand: pytest -m slow test/unit/training/test_full_size.py
"""

import os

import numpy as np
import pytest
from tiny_wav2vec2 import torch

from ser_ros.cli.main import main
from ser_ros.inference.model_file import Model
from ser_ros.inference.onnx_file import writing
from ser_ros.inference.registry import BACKENDS
from ser_ros.training import config
from ser_ros.training.export import onnx_export
from ser_ros.training.export.quantize import to_dynamic_int8
from ser_ros.training.networks.registry import make_network

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SAMPLES = 64000
LABELS = ['anxious', 'kind', 'dry', 'others']
# Of each weight, and the largest difference in a logit.
BYTES = {'fp32': 4.0, 'fp16': 2.0, 'int8': 1.2}
TOLERANCES = {'fp32': 1e-4, 'fp16': 0.01, 'int8': 0.2}


@pytest.fixture(scope='module')
def exported(tmp_path_factory):
    """The network, the folder of its files, and the number of its parameters."""
    torch.manual_seed(0)
    network = make_network(config.from_values({
        'name': 'full', 'version': '1', 'feature_set': 'waveform/1', 'window_s': 4.0,
        'network': 'wav2vec2', 'pretrained': 'random', 'labels': LABELS, 'licence': 'none',
        'corpora': {'north': {'train': ['a'], 'validation': ['b']}},
        'speech_encoder': {'random': {'channels': 1024, 'layers': 24}}}, 'here')).eval()
    folder = tmp_path_factory.mktemp('full')
    metadata = {
        'name': 'full', 'version': '1', 'labels': LABELS, 'feature_set': 'waveform/1',
        'input_shape': [SAMPLES], 'temperature': 1.0, 'training_data': '', 'licence': '',
        'metrics': {}}
    model = onnx_export.to_onnx(network, (SAMPLES,))
    for precision, form in (('fp32', lambda: model), ('fp16', lambda: onnx_export.to_fp16(model)),
                            ('int8', lambda: to_dynamic_int8(model))):
        writing.save(form(), str(folder / f'{precision}.onnx'), metadata)
    return network, Model(f'{folder}/'), sum(values.numel() for values in network.parameters())


def test_has_as_many_parameters_as_the_real_one(exported):
    _, _, count = exported
    assert 315e6 < count < 317e6


@pytest.mark.parametrize('precision', ['fp32', 'fp16', 'int8'])
def test_answers_as_the_network_does(exported, precision):
    network, model, count = exported
    size = os.path.getsize(model.path(precision))
    print(f'{precision}: {size / 1e6:.0f} MB')
    assert size < 1.05 * BYTES[precision] * count
    sound = np.random.default_rng(0).normal(0, 0.05, SAMPLES).astype(np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(sound[np.newaxis]))[0].numpy()
    session = BACKENDS['onnxruntime'].open(model, precision)
    difference = np.abs(session.run(sound) - expected).max()
    session.close()
    print(f'{precision}: largest difference in a logit {difference:.2g}')
    assert difference < TOLERANCES[precision]


def test_benchmark_shows_its_times(exported, capsys):
    _, model, _ = exported
    folder = os.path.dirname(model.path('fp32'))
    assert main(['benchmark', folder + os.sep, '--backends', 'onnxruntime', '--seconds', '6',
                 '--threads', '1']) == 0
    output = capsys.readouterr().out
    with capsys.disabled():
        print(output)
    for precision in model.precisions:
        assert precision in output
