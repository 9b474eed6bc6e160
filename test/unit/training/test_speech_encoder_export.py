# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Networks on encoders of the waveform as model files: exported, in three precisions, trained."""

import json
import pathlib

import numpy as np
import onnx
import pytest
import yaml
from tiny_wav2vec2 import NAMES, make_tiny_wav2vec2, torch

from ser_ros.cli.main import main
from ser_ros.corpora.labelled_clips import load_part
from ser_ros.inference.model_file import Model
from ser_ros.inference.onnx_file import writing
from ser_ros.inference.registry import BACKENDS
from ser_ros.inference.tensorrt_engine import job
from ser_ros.training import config
from ser_ros.training.export import onnx_export
from ser_ros.training.export.quantize import to_dynamic_int8
from ser_ros.training.networks.registry import make_network

ROOT = pathlib.Path(__file__).resolve().parents[3]
SAMPLES = 16000
LABELS = ['happiness', 'anger', 'sadness', 'neutral', 'fear', 'disgust', 'surprise']
CONFIG = {
    'name': 'tiny', 'version': '1', 'feature_set': 'waveform/1', 'window_s': 1.0,
    'network': 'wav2vec2', 'pretrained': 'random', 'labels': LABELS, 'licence': 'free',
    'merge': {'calm': 'neutral'}, 'drop': ['boredom'],
    'corpora': {'north': {'train': ['a', 'b'], 'validation': ['c'], 'test': ['d', 'e']}},
    'speech_encoder': {'trainable_layers': 2, 'hidden': 32, 'speaker_adversary': 0.1},
    'training': {'epochs': 1, 'windows_per_epoch': 16, 'batch': 8}}


def tolerance_of(precision):
    """Return the largest difference in a logit."""
    return {'fp32': 1e-4, 'fp16': 0.01, 'int8': 0.2}[precision]


@pytest.fixture(scope='module', params=sorted(NAMES))
def exported(request, tmp_path_factory):
    """A network, and the folder of its files."""
    folder = make_tiny_wav2vec2(tmp_path_factory.mktemp(request.param), request.param)
    torch.manual_seed(0)
    network = make_network(config.from_values(
        {**CONFIG, 'network': request.param, 'pretrained': str(folder)}, 'here')).eval()
    model = onnx_export.to_onnx(network, (SAMPLES,))
    metadata = {
        'name': 'tiny', 'version': '1', 'labels': LABELS, 'feature_set': 'waveform/1',
        'input_shape': [SAMPLES], 'temperature': 1.0, 'training_data': '', 'licence': '',
        'metrics': {}}
    forms = {'fp32': model, 'fp16': onnx_export.to_fp16(model), 'int8': to_dynamic_int8(model)}
    for precision, form in forms.items():
        writing.save(form, str(folder / f'{precision}.onnx'), metadata)
    return network, Model(f'{folder}/')


@pytest.mark.parametrize('precision', ['fp32', 'fp16', 'int8'])
@pytest.mark.parametrize('level', [0.3, 0.001])
def test_files_answer_as_the_network_does(exported, precision, level):
    network, model = exported
    sound = np.random.default_rng(0).normal(0, level, SAMPLES).astype(np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(sound[np.newaxis]))[0].numpy()
    session = BACKENDS['onnxruntime'].open(model, precision)
    assert session.precision == precision
    np.testing.assert_allclose(
        session.run(sound), expected, rtol=0, atol=tolerance_of(precision))
    session.close()


def test_files_are_for_old_runtimes(exported):
    _, model = exported
    for precision in model.precisions:
        graph = onnx.load(model.path(precision))
        assert (graph.ir_version, graph.opset_import[0].version) == (7, 13)
        assert all(node.op_type != 'Constant' for node in graph.graph.node)
        assert [size.dim_value for size in
                graph.graph.input[0].type.tensor_type.shape.dim] == [1, SAMPLES]
    assert not any('adversary' in tensor.name for tensor in graph.graph.initializer)


def test_int8_has_a_scale_for_each_channel(exported):
    _, model = exported
    graph = onnx.load(model.path('int8')).graph
    products = [node for node in graph.node if node.op_type == 'MatMulInteger']
    sizes = {tensor.name: tensor.dims for tensor in graph.initializer}
    scales = [dims for name, dims in sizes.items() if name.endswith('_scale') and dims]
    assert len(products) >= 14 and len(scales) >= 14
    assert any(list(dims) == [88] for dims in scales)


def test_tensorrt_gets_fp16_in_place_of_int8(exported):
    _, model = exported
    assert job.offered_precisions(model, (8, 9)) == ('fp32', 'fp16')
    reason = BACKENDS['tensorrt'].precision_problem(model, 'int8')
    assert 'measures its ranges in each window' in reason and 'fp16' in reason
    assert BACKENDS['tensorrt'].precision_problem(model, 'fp16') == ''


def test_a_run_of_training(corpora, tmp_path):
    path = tmp_path / 'config.yaml'
    path.write_text(yaml.safe_dump(CONFIG))
    output = tmp_path / 'run'
    assert main(['train', str(path), '--data', str(corpora), '--output', str(output),
                 '--threads', '1']) == 0
    model = Model(f'{output}/tiny/')
    assert model.precisions == ('fp32', 'fp16', 'int8')
    assert model.info.input_shape == (SAMPLES,)
    for precision in model.precisions:
        values = json.loads({prop.key: prop.value for prop in onnx.load(
            model.path(precision)).metadata_props}['ser_ros'])
        figures = values['metrics']
        assert values['pretrained'] == 'random'
        assert set(figures['validation_uar']) == {'north', 'mean'}
        if precision == 'fp32':
            assert 'against_fp32' not in figures
        else:
            assert abs(figures['against_fp32']['uar']) <= 1
            assert 0 <= figures['against_fp32']['largest_probability'] < 0.05
    assert main(['classify', '--model', f'{output}/tiny/',
                 str(corpora / 'north' / 'a_anger.wav')]) == 0


@pytest.mark.parametrize('inside', ['', 'north'])
def test_the_configuration_to_try_suits_any_folder(corpora, inside):
    root = corpora / inside
    settings = config.load(str(ROOT / 'config' / 'train' / 'wav2vec2_tiny.yaml'), root)
    parts = [load_part(settings, root, part) for part in ('train', 'validation', 'test')]
    speakers = [{(clip.corpus, clip.speaker) for clip in part} for part in parts]
    assert all(speakers) and len(set.union(*speakers)) == sum(map(len, speakers))
    assert {clip.label for clip in parts[0]} == set(range(len(settings.labels)))
    assert {'neutral', 'boredom'} < set(settings.labels)
    make_network(settings)
