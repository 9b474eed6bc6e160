# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Networks that answer as one and are exported as one file."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import yaml
from onnx import numpy_helper

from ser_ros.inference.onnx_file import writing
from ser_ros.inference.onnx_file.scan import scan
from ser_ros.training.config import Partner, Training, load
from ser_ros.training.export import onnx_export
from ser_ros.training.export.quantize import to_int8
from ser_ros.training.fit import checkpoint
from ser_ros.training.networks.ensemble import Ensemble, join
from ser_ros.training.networks.mobilenet import MobileNetV3
from ser_ros.training.networks.registry import make_network
from ser_ros.training.networks.resnet import RESNET_BLOCKS, ResNet

SHAPE = (1, 40, 64)


@pytest.fixture(scope='module')
def ensemble():
    torch.manual_seed(0)
    made = Ensemble([MobileNetV3(3, 0.1), ResNet(RESNET_BLOCKS['resnet10'], 1, 3, 0.2)],
                    [3.0, 1.0])
    for _ in range(3):  # so that the means and variances are not those of a new network
        made(torch.randn(4, *SHAPE))
    return made.eval()


@pytest.fixture(scope='module')
def images():
    return np.random.default_rng(0).normal(size=(16, *SHAPE)).astype(np.float32)


def test_it_answers_with_the_weighted_mean_of_its_members(ensemble):
    images = torch.randn(2, *SHAPE)
    first, second = (member(images) for member in ensemble.members)
    expected = 0.75 * first + 0.25 * second
    torch.testing.assert_close(ensemble(images), expected)


def test_one_network_stays_as_it_is(ensemble):
    assert join(ensemble.members[:1], [1.0]) is ensemble.members[0]
    assert isinstance(join(ensemble.members, [1.0, 1.0]), Ensemble)


@pytest.mark.parametrize('to_form, tolerance', [(lambda model: model, 1e-5),
                                                (onnx_export.to_fp16, 1e-2)])
def test_the_exported_file_computes_the_same(ensemble, images, tmp_path, to_form, tolerance):
    path = str(tmp_path / 'model.onnx')
    writing.save(to_form(onnx_export.to_onnx(ensemble, SHAPE)), path, {})
    np.testing.assert_allclose(answers(path, images), expected(ensemble, images), atol=tolerance)


def answers(path, images):
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    return np.concatenate([session.run(None, {'input': image[np.newaxis]})[0]
                           for image in images])


def expected(network, images):
    with torch.no_grad():
        return network(torch.from_numpy(images)).numpy()


def test_int8_of_a_mobilenet_and_a_resnet(ensemble, images, tmp_path):
    path = str(tmp_path / 'int8.onnx')
    model = onnx_export.to_onnx(ensemble, SHAPE)
    writing.save(to_int8(model, images, ensemble.int8_prefixes()), path, {})
    assert scan(path).precision == 'int8'
    types = types_of_weights(path)
    resnet = {name: kind for name, kind in types.items() if name.startswith('member1.')}
    assert {name for name, kind in resnet.items() if kind == 'float32'} == {
        'member1.hidden.weight', 'member1.logits.weight'}
    mobilenet = {name[len('member0.'):] for name, kind in types.items()
                 if name.startswith('member0.') and kind == 'int8'}
    assert {'hidden.weight_quantized', 'conv16.weight_quantized',
            'block4.squeeze.fc1.weight_quantized', 'block5.conv3.weight_quantized',
            'block7.conv2.weight_quantized'} < mobilenet
    floats = {name for name, kind in types.items() if kind == 'float32'}
    assert {'member0.conv0.weight', 'member0.block1.conv1.weight', 'member0.block5.conv0.weight',
            'member0.block5.conv1.weight', 'member0.logits.weight'} < floats
    computed, whole = answers(path, images), expected(ensemble, images)
    assert 0 < np.abs(computed - whole).max() < 0.1 * np.ptp(whole)


def types_of_weights(path):
    weights = [(tensor.name, numpy_helper.to_array(tensor))
               for tensor in onnx.load(path).graph.initializer]
    return {name: values.dtype.name for name, values in weights if values.ndim > 1}


def test_int8_of_networks_alone_and_together(ensemble):
    mobilenet, resnet = ensemble.members
    assert resnet.int8_prefixes() == ('',)
    alone = mobilenet.int8_prefixes()
    assert ensemble.int8_prefixes() == (*('member0.' + name for name in alone), 'member1.')
    assert len(alone) == len(set(alone))
    exported = {node.name for node in onnx_export.to_onnx(mobilenet, SHAPE).graph.node}
    without_squeeze = {f'block{index}.squeeze.fc' for index in (1, 2, 3, 7, 8, 9, 10)}
    unknown = {name for name in alone
               if not any(node.startswith(name) for node in exported)}
    assert unknown == without_squeeze


@pytest.fixture
def config(config_path, tmp_path):
    values = yaml.safe_load(config_path.read_text())
    values.update(
        feature_set='efficientat_mel/1', network='mobilenet_v3',
        partners=[{'network': 'resnet10', 'width': 0.1, 'training': {'epochs': 7}},
                  {'network': 'resnet10', 'width': 0.2}])
    path = tmp_path / 'ensemble.yaml'
    path.write_text(yaml.safe_dump(values))
    return load(str(path))


def test_each_network_has_a_configuration_of_its_own(config):
    assert config.partners[0] == Partner('resnet10', 0.1, '', Training(epochs=7))
    assert list(config.alone) == ['mobilenet_v3', 'resnet10', 'resnet10_2']
    first, second, third = config.alone.values()
    assert (first.width, first.training.epochs) == (config.width, config.training.epochs)
    assert (second.width, second.training.epochs, third.width) == (0.1, 7, 0.2)
    assert not any(entry.partners for entry in (first, second, third))
    assert isinstance(make_network(first), MobileNetV3)
    assert isinstance(make_network(second), ResNet)


def test_what_an_ensemble_is_made_of(config):
    parts = checkpoint.origins(config, 3, [])
    assert [part.config for part in parts] == list(config.alone.values())
    joined = checkpoint.joined(parts)
    assert (joined.config, joined.seed, joined.pretrained_sha256) == (config, 3, '')
    assert [part.seed for part in parts] == [3, 4, 5]
