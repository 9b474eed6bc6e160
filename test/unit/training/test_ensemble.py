# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Networks that answer as one, trained each by itself and exported as one file."""

import numpy as np
import onnxruntime
import pytest
import torch
import yaml

from ser_ros.training import export
from ser_ros.training.config import Partner, load
from ser_ros.training.ensemble import Ensemble
from ser_ros.training.mobilenet import MobileNetV3
from ser_ros.training.networks import make_network
from ser_ros.training.resnet import RESNET_BLOCKS, ResNet
from ser_ros.training.trainer import _cross_entropy

SHAPE = (1, 40, 64)


@pytest.fixture
def ensemble():
    torch.manual_seed(0)
    made = Ensemble([MobileNetV3(3, 0.1), ResNet(RESNET_BLOCKS['resnet10'], 1, 3, 0.1)])
    for _ in range(3):  # so that the means and variances are not those of a new network
        made(torch.randn(4, *SHAPE))
    return made.eval()


def test_it_answers_with_the_mean_of_its_members(ensemble):
    images = torch.randn(2, *SHAPE)
    expected = sum(member(images) for member in ensemble.members) / 2
    torch.testing.assert_close(ensemble(images), expected)


def test_in_training_each_member_has_its_own_loss(ensemble):
    ensemble.train()
    logits = ensemble(torch.randn(4, *SHAPE))
    assert logits.shape == (2, 4, 3)
    targets = torch.eye(3)[[0, 1, 2, 0]]
    each = [_cross_entropy(entry, targets, 0.1) for entry in logits]
    torch.testing.assert_close(_cross_entropy(logits, targets, 0.1), sum(each) / 2)


@pytest.mark.parametrize('to_form, tolerance', [(lambda model: model, 1e-5),
                                                (export.to_fp16, 1e-2)])
def test_the_exported_file_computes_the_same(ensemble, tmp_path, to_form, tolerance):
    path = str(tmp_path / 'model.onnx')
    export.save(to_form(export.to_onnx(ensemble, SHAPE)), path, {})
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    images = np.random.default_rng(0).normal(size=(1, *SHAPE)).astype(np.float32)
    with torch.no_grad():
        expected = ensemble(torch.from_numpy(images)).numpy()
    np.testing.assert_allclose(session.run(None, {'image': images})[0], expected, atol=tolerance)


def test_the_configuration_names_the_partners(config_path, tmp_path):
    values = yaml.safe_load(config_path.read_text())
    values.update(feature_set='efficientat_mel/1', network='mobilenet_v3',
                  partners=[{'network': 'resnet10', 'width': 0.1}])
    path = tmp_path / 'ensemble.yaml'
    path.write_text(yaml.safe_dump(values))
    config = load(str(path))
    assert config.partners == [Partner('resnet10', 0.1)]
    members = make_network(config).members
    assert [type(member) for member in members] == [MobileNetV3, ResNet]
    assert members[0].output.out_features == members[1].output.out_features == 7
