# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Exported files: what torch computes, in every precision, in versions that old runtimes read."""

import contextlib
import copy

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, numpy_helper

from ser_ros.inference.model_file import Model
from ser_ros.inference.model_metadata import read_metadata
from ser_ros.inference.onnx_file import writing
from ser_ros.inference.registry import choose_backend
from ser_ros.training.export import onnx_export
from ser_ros.training.export.quantize import to_int8
from ser_ros.training.networks.mobilenet import MobileNetV3
from ser_ros.training.networks.resnet import RESNET_BLOCKS, ResNet

METADATA = {
    'name': 'tiny', 'version': '1', 'labels': ['a', 'b', 'c'], 'feature_set': 'mel_yin_rms/1',
    'input_shape': [3, 64, 64], 'temperature': 1.0, 'training_data': 'none', 'licence': 'none',
    'metrics': {}}


@pytest.fixture(scope='module')
def network():
    """A narrow network whose normalisations all do something."""
    torch.manual_seed(0)
    made = ResNet(RESNET_BLOCKS['resnet34'], 3, 3, 0.1).train()
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.2)
    with torch.no_grad():
        for _ in range(20):
            made(torch.rand(8, 3, 64, 64))
    return made.eval()


@pytest.fixture(scope='module')
def images():
    return np.random.default_rng(0).random((20, 3, 64, 64), np.float32)


@pytest.fixture(scope='module')
def folder(tmp_path_factory, network, images):
    """Model folder with the three precisions."""
    path = tmp_path_factory.mktemp('tiny')
    model = onnx_export.to_onnx(network, (3, 64, 64))
    forms = {'fp32': model, 'fp16': onnx_export.to_fp16(model), 'int8': to_int8(model, images)}
    for precision, form in forms.items():
        writing.save(form, str(path / (precision + '.onnx')), METADATA)
    return path


def test_versions_and_precision(folder):
    for precision in ('fp32', 'fp16', 'int8'):
        info = read_metadata(str(folder / (precision + '.onnx')))
        assert (info.precision, info.opset, info.ir_version) == (precision, 13, 7)


@pytest.mark.parametrize('backend, precision, tolerance', [
    ('onnxruntime', 'fp32', 1e-5), ('onnxruntime', 'fp16', 1e-2), ('onnxruntime', 'int8', 0.3),
    ('pytorch', 'fp32', 1e-5)])
def test_the_files_compute_what_the_network_does(folder, network, images, backend, precision,
                                                 tolerance):
    session = choose_backend(backend).open(Model(str(folder)), precision)
    with torch.no_grad():
        expected = network(torch.from_numpy(images)).numpy()
    assert np.abs(expected).max() > 0.1
    answers = np.stack([session.run(image) for image in images])
    np.testing.assert_allclose(answers, expected, atol=tolerance)


@pytest.mark.parametrize('backend', ['onnxruntime', 'pytorch'])
def test_weights_stored_in_fp16_are_computed_with_in_fp32(tmp_path, network, images, backend):
    model = onnx_export.to_onnx(network, (3, 64, 64))
    for name, form in ('whole', model), ('fp32', onnx_export.with_fp16_weights(model)):
        writing.save(form, str(tmp_path / f'{name}.onnx'), METADATA)
    sizes = [(tmp_path / f'{name}.onnx').stat().st_size for name in ('fp32', 'whole')]
    assert sizes[0] < 0.6 * sizes[1]
    assert read_metadata(str(tmp_path / 'fp32.onnx')).precision == 'fp32'
    rounded = copy.deepcopy(model)
    for tensor in rounded.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.ndim > 1:
            values = values.astype(np.float16).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    writing.save(rounded, str(tmp_path / 'whole.onnx'), METADATA)
    answers = []
    for name in 'fp32', 'whole':
        with contextlib.closing(choose_backend(backend).open(
                Model(str(tmp_path / f'{name}.onnx')), 'fp32')) as session:
            answers.append(np.stack([session.run(image) for image in images]))
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-5)


def test_fp16_holds_nothing_wider_inside(folder):
    graph = onnx.load(str(folder / 'fp16.onnx')).graph
    assert {tensor.data_type for tensor in graph.initializer} == {TensorProto.FLOAT16}
    assert [node.op_type for node in graph.node].count('Cast') == 2
    inner = onnx.shape_inference.infer_shapes(onnx.load(str(folder / 'fp16.onnx'))).graph.value_info
    assert {value.type.tensor_type.elem_type for value in inner} == {TensorProto.FLOAT16}


def test_int8_has_unsigned_activations_and_signed_weights_by_channel(folder):
    graph = onnx.load(str(folder / 'int8.onnx')).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weights = [constants[node.input[0]] for node in graph.node
               if node.op_type == 'DequantizeLinear' and node.input[0] in constants
               and constants[node.input[0]].ndim == 4]
    assert len(weights) == 36
    assert {weight.dtype for weight in weights} == {np.dtype(np.int8)}
    zeros = {constants[node.input[2]].dtype for node in graph.node
             if node.op_type == 'QuantizeLinear'}
    assert zeros == {np.dtype(np.uint8)}
    scales = [constants[node.input[1]] for node in graph.node
              if node.op_type == 'DequantizeLinear' and node.input[0] in constants
              and constants[node.input[0]].ndim == 4]
    assert all(scale.shape == weight.shape[:1] for scale, weight in zip(scales, weights))


def test_weights_too_large_for_fp16(network):
    model = onnx_export.to_onnx(network, (3, 64, 64))
    huge = numpy_helper.from_array(np.full(3, 1e6, np.float32), 'huge')
    model.graph.initializer.append(huge)
    with pytest.raises(ValueError, match='huge reaches 1000000.0, which is too large for FP16'):
        onnx_export.to_fp16(model)


@pytest.mark.parametrize('field', ['ir_version', 'opset'])
def test_newer_versions_are_not_written(tmp_path, network, field):
    model = onnx_export.to_onnx(network, (3, 64, 64))
    if field == 'opset':
        model.opset_import[0].version = 18
    else:
        model.ir_version = 10
    with pytest.raises(ValueError, match='every runtime reads up to'):
        writing.save(model, str(tmp_path / 'm.onnx'), METADATA)
    assert not (tmp_path / 'm.onnx').exists()


@pytest.fixture(scope='module')
def small_folder(tmp_path_factory):
    """Network and model folder of a narrow MobileNetV3 whose normalisations do something."""
    torch.manual_seed(0)
    network = MobileNetV3(3, 0.1).train()
    for module in network.modules():
        if isinstance(module, torch.nn.Linear):
            torch.nn.init.normal_(module.weight, std=0.1)
        elif isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.2
    with torch.no_grad():
        for _ in range(50):
            network(torch.rand(8, 1, 40, 64))
    path = tmp_path_factory.mktemp('small')
    model = onnx_export.to_onnx(network.eval(), (1, 40, 64))
    for precision, form in ('fp32', model), ('fp16', onnx_export.to_fp16(model)):
        metadata = {**METADATA, 'input_shape': [1, 40, 64]}
        writing.save(form, str(path / (precision + '.onnx')), metadata)
    return network, path


@pytest.mark.parametrize('backend, precision, tolerance', [
    ('onnxruntime', 'fp32', 1e-4), ('onnxruntime', 'fp16', 0.05), ('pytorch', 'fp32', 1e-4)])
def test_the_files_compute_what_a_mobilenet_does(small_folder, backend, precision, tolerance):
    network, path = small_folder
    images = np.random.default_rng(0).random((8, 1, 40, 64), np.float32)
    session = choose_backend(backend).open(Model(str(path)), precision)
    with torch.no_grad():
        expected = network(torch.from_numpy(images)).numpy()
    assert np.abs(expected).max() > 0.1
    answers = np.stack([session.run(image) for image in images])
    np.testing.assert_allclose(answers, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize('width, parameters', [(1.0, 21_351_239), (0.5, 5_361_575)])
def test_parameters_of_the_reference(width, parameters):
    network = ResNet(RESNET_BLOCKS['resnet34'], 3, 7, width)
    assert sum(entry.numel() for entry in network.parameters()) == parameters
