# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The models that ship: within their limits, and what they say of their making is true."""

import json
import pathlib

import numpy as np
import onnx
import pytest

from ser_ros.inference.model_file import Model, available_models
from ser_ros.training import config
from ser_ros.training.fit.checkpoint import Origin

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Parameters and multiplications of the models that run beside everything else on a small board.
LIGHT = {'small': (2e6, 150e6), 'voice_light': (5e6, 600e6)}
ALL_MODELS_BYTES = 160e6


@pytest.fixture(params=available_models())
def model(request):
    """Each model that ships."""
    return Model(request.param)


def stored(model, precision):
    """Return all that a file says of itself."""
    graph = onnx.load(model.path(precision))
    return json.loads({entry.key: entry.value for entry in graph.metadata_props}['ser_ros'])


def configuration(model):
    """Return what the model was trained with."""
    return config.load(str(ROOT / 'config' / 'train' / f'{model.info.name}.yaml'))


def card(model):
    path = pathlib.Path(model.path('fp32')).with_name('README.md')
    return path.read_text(encoding='utf-8')


def multiplications(path):
    """Return how many multiply-accumulate operations the layers with weights take for a window."""
    graph = onnx.shape_inference.infer_shapes(onnx.load(path), strict_mode=True).graph
    sizes = {entry.name: [size.dim_value for size in entry.type.tensor_type.shape.dim]
             for entry in (*graph.value_info, *graph.input, *graph.output)}
    sizes.update({entry.name: list(entry.dims) for entry in graph.initializer})
    total = 0
    for node in graph.node:
        if node.op_type == 'Conv':
            inside = np.prod(sizes[node.input[1]][1:])
        elif node.op_type in ('Gemm', 'MatMul'):
            assert not any(entry.name == 'transA' and entry.i for entry in node.attribute)
            inside = sizes[node.input[0]][-1]
        else:
            continue
        total += np.prod(sizes[node.output[0]]) * inside
    return total


def test_multiplications_of_a_known_network(tmp_path):
    graph = onnx.parser.parse_model('''
        <ir_version: 8, opset_import: ["" : 13]>
        one (float[1, 4, 10, 20] image) => (float[1, 3] logits)
        <float[6, 2, 3, 3] conv, float[3, 1200] head> {
            mid = Conv <group = 2, kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (image, conv)
            flat = Flatten (mid)
            logits = Gemm <transB = 1> (flat, head)
        }''')
    for name, shape in ('conv', (6, 2, 3, 3)), ('head', (3, 1200)):
        graph.graph.initializer.append(
            onnx.numpy_helper.from_array(np.zeros(shape, np.float32), name))
    onnx.save(graph, str(tmp_path / 'one.onnx'))
    assert multiplications(str(tmp_path / 'one.onnx')) == 6 * 10 * 20 * 2 * 9 + 3 * 1200


@pytest.mark.parametrize('name', LIGHT)
def test_a_light_model_is_small(name):
    path = Model(name).path('fp32')
    parameters = sum(np.prod(entry.dims) for entry in onnx.load(path).graph.initializer)
    most_parameters, most_multiplications = LIGHT[name]
    assert 1e5 < parameters <= most_parameters
    assert 1e7 < multiplications(path) <= most_multiplications


def test_all_models_together_are_not_too_large():
    sizes = [path.stat().st_size for path in (ROOT / 'models').rglob('*') if path.is_file()]
    assert sum(sizes) < ALL_MODELS_BYTES


def test_all_files_of_a_model_say_the_same(model):
    said = [stored(model, precision) for precision in model.precisions]
    for entry in said:
        assert entry['metrics'].pop('validation_uar')['mean'] > 1 / len(model.info.labels)
        entry['metrics'].pop('against_fp32', None)
    assert said == said[:1] * len(said)


def test_the_card_names_licence_and_threshold(model):
    said, text = stored(model, 'fp32'), ' '.join(card(model).lower().split())
    for part in said['licence'].split('; '):
        assert part.partition(' (')[0].lower() in text
    assert ('min_confidence' in said) == ('validation_answers' in said['metrics'])
    if 'min_confidence' in said:
        assert f'{said["min_confidence"]:.2f}' in text
    if 'answer_accuracy' in said:
        assert f'{100 * said["answer_accuracy"]:g} %' in text


def test_the_configuration_is_that_of_the_model(model):
    said, given = stored(model, 'fp32'), configuration(model)
    for key in 'name', 'version', 'feature_set', 'labels', 'licence':
        assert said[key] == getattr(given, key)
    # Files older than these records lack them.
    recorded = said['made_with'].get('config_sha256')
    if recorded is not None:
        seed = said['made_with']['seed']
        assert recorded == Origin(given, seed, '', '').config_sha256


def test_the_training_speakers_are_those_of_the_split(model):
    given = configuration(model).corpora
    said = dict(part.split(': speakers ') for part in model.info.training_data.split('; '))
    assert {name: speakers.split() for name, speakers in said.items()} == {
        name: corpus.train for name, corpus in given.items() if corpus.train}
