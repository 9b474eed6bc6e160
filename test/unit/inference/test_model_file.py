# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Model files: what they say is read right, and what is no model is refused with the reason."""

import hashlib
import json
import os

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from tiny_models import LABELS, metadata, write_model

from ser_ros import resources
from ser_ros.errors import SerError
from ser_ros.inference.model_file import Model, available_models
from ser_ros.inference.model_metadata import read_metadata
from ser_ros.inference.onnx_file import precision as onnx_precision
from ser_ros.inference.onnx_file.scan import scan


def test_metadata_is_read(tmp_path):
    path = write_model(tmp_path / 'm.onnx', values=metadata(metrics={'a': {'uar_7': 0.5}}))
    info = read_metadata(str(path))
    assert (info.name, info.version, info.labels) == ('tiny', '1', LABELS)
    assert (info.feature_set, info.input_shape) == ('mel_yin_rms/1', (1, 4, 4))
    assert (info.temperature, info.metrics) == (2.0, {'a': {'uar_7': 0.5}})
    assert (info.training_data, info.licence) == ('none', 'none')
    assert (info.ir_version, info.opset, info.path) == (8, 13, str(path))
    assert info.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_threshold_may_be_missing(tmp_path):
    info = read_metadata(str(write_model(tmp_path / 'm.onnx')))
    assert (info.min_confidence, info.answer_accuracy) == (0.4, None)
    values = metadata(min_confidence=0, answer_accuracy=0.75)
    info = read_metadata(str(write_model(tmp_path / 'm.onnx', values=values)))
    assert (info.min_confidence, info.answer_accuracy) == (0.0, 0.75)


@pytest.mark.parametrize('key', ['min_confidence', 'answer_accuracy'])
@pytest.mark.parametrize('value, reason', [
    (1.5, 'is 1.5; allowed: a number from 0 to 1'), (-0.1, 'from 0 to 1'),
    (float('nan'), 'is nan; allowed: a number from 0 to 1'), ('0.5', "is '0.5'; allowed: a number"),
    (True, 'is True; allowed: a number')])
def test_a_threshold_that_is_none(tmp_path, key, value, reason):
    path = write_model(tmp_path / 'm.onnx', values=metadata(**{key: value}))
    with pytest.raises(SerError, match=f'{key}.*{reason}'):
        read_metadata(str(path))


@pytest.mark.parametrize('precision', ['fp32', 'fp16', 'int8'])
def test_precision_is_read_from_the_graph(tmp_path, precision):
    assert read_metadata(str(write_model(tmp_path / 'm.onnx', precision))).precision == precision


def test_weights_stored_in_fp16_but_computed_in_fp32_are_fp32(tmp_path):
    path = write_model(tmp_path / 'm.onnx', stored_only=True)
    assert read_metadata(str(path)).precision == 'fp32'


def test_precision_of_constant_nodes_and_integer_operators(tmp_path):
    onnx = pytest.importorskip('onnx')
    helper = onnx.helper
    value = helper.make_tensor('value', onnx.TensorProto.FLOAT16, [4, 2], [0] * 8)
    constant = helper.make_node('Constant', [], ['weight'], value=value)
    empty = helper.make_node('Constant', [], ['weight'], value_float=1.)
    stored = helper.make_tensor('weight', onnx.TensorProto.INT8, [4, 2], [0] * 8)
    info = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 'n'])
            for name in ('x', 'y')]
    product = helper.make_node('MatMul', ['x', 'weight'], ['y'])
    integer = helper.make_node('MatMulInteger', ['x', 'weight'], ['y'])
    computed = helper.make_node('Relu', ['x'], ['weight'])
    for nodes, initializers, expected in [
            ([constant, product], [], 'fp16'), ([empty, product], [], None),
            ([integer], [stored], 'int8'), ([computed, product], [], None),
            ([helper.make_node('Relu', ['x'], ['y'])], [], None)]:
        graph = helper.make_graph(nodes, 'g', info[:1], info[1:], initializers)
        onnx.save(helper.make_model(graph), str(tmp_path / 'm.onnx'))
        summary = scan(str(tmp_path / 'm.onnx'))
        assert summary.precision == expected
        assert summary.inputs[0].shape == (1, -1)
    with pytest.raises(SerError, match='no weights'):
        onnx.save(helper.make_model(graph), str(tmp_path / 'm.onnx'))
        write_properties(tmp_path / 'm.onnx', json.dumps(metadata()))
        read_metadata(str(tmp_path / 'm.onnx'))


def test_sizes_that_are_packed():
    # TensorProto of proto3 writers: dims = [3, 200] as one field, data_type = FLOAT16, name 'w'.
    data = b'\x0a\x03\x03\xc8\x01' + b'\x10\x0a' + b'\x42\x01w'
    assert onnx_precision.weights_of(data, 0, len(data)) == ('w', ('fp16', 600))


def test_a_graph_that_goes_in_circles(tmp_path):
    onnx = pytest.importorskip('onnx')
    helper = onnx.helper
    info = helper.make_tensor_value_info('x', onnx.TensorProto.FLOAT, [1])
    nodes = [helper.make_node('Identity', ['a'], ['b']), helper.make_node('Identity', ['b'], ['a']),
             helper.make_node('MatMul', ['x', 'a'], ['y']),
             helper.make_node('Constant', [], ['c'], value_int=1),
             helper.make_node('Cast', ['nothing'], ['d']), helper.make_node('MatMul', ['x', 'd'], [
                 'z']), helper.make_node('MatMul', ['x', 'c'], ['w'])]
    onnx.save(helper.make_model(helper.make_graph(nodes, 'g', [info], [info])),
              str(tmp_path / 'm.onnx'))
    assert scan(str(tmp_path / 'm.onnx')).precision is None


def write_properties(path, text):
    onnx = pytest.importorskip('onnx')
    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, {'ser_ros': text})
    onnx.save(model, str(path))


@pytest.mark.parametrize('content', [b'', b'hello, I am a text file\n', b'\x00' * 100,
                                     b'\x08\x08', b'RIFF\x24\x00\x00\x00WAVEfmt '])
def test_no_model(tmp_path, content):
    path = tmp_path / 'm.onnx'
    path.write_bytes(content)
    with pytest.raises(SerError, match='m.onnx is not an ONNX model'):
        read_metadata(str(path))


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(SerError, match='cannot read .*nothing.onnx.*No such file'):
        read_metadata(str(tmp_path / 'nothing.onnx'))
    with pytest.raises(SerError, match=r'there is no model .*small'):
        Model(str(tmp_path / 'nothing.onnx'))
    with pytest.raises(SerError, match='needs at least one of fp32.onnx'):
        Model(str(tmp_path))


def test_a_named_pipe_is_refused_without_waiting_for_its_writer(tmp_path):
    os.mkfifo(str(tmp_path / 'm.onnx'))
    with pytest.raises(SerError, match='m.onnx: it is not a regular file'):
        Model(str(tmp_path / 'm.onnx'))


def test_a_truncated_file_is_refused(tmp_path):
    content = write_model(tmp_path / 'm.onnx').read_bytes()
    for length in range(0, len(content), 7):
        (tmp_path / 'cut.onnx').write_bytes(content[:length])
        with pytest.raises(SerError):
            read_metadata(str(tmp_path / 'cut.onnx'))


@settings(max_examples=200, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(change=strategies.lists(
    strategies.tuples(strategies.integers(0, 2000), strategies.integers(0, 255)), max_size=5))
def test_damaged_files_never_end_in_another_error(tmp_path, change):
    content = bytearray(write_model(tmp_path / 'm.onnx').read_bytes())
    for position, value in change:
        content[position % len(content)] = value
    (tmp_path / 'm.onnx').write_bytes(bytes(content))
    try:
        read_metadata(str(tmp_path / 'm.onnx'))
    except SerError:
        pass


@pytest.mark.parametrize('values, reason', [
    ('', "no 'ser_ros' metadata"),
    ('{', 'the metadata is not JSON'),
    ('[1]', r'metadata: it holds \[1\]; allowed: a mapping'),
    (metadata(name=None), "metadata: the key 'name' is missing"),
    (metadata(version=3), 'metadata: version is 3; allowed: a text'),
    (metadata(labels='happiness'), "labels is 'happiness'; allowed: a list"),
    (metadata(labels=['a']), 'two or more emotions'),
    (metadata(labels=['a', 'a', 'b']), "labels: it holds 'a' twice"),
    (metadata(labels=['a', 1, 'b']), r'labels\[1\] is 1; allowed: a text'),
    (metadata(labels=['a', 'b']), '2 labels in the metadata, but the graph returns'),
    (metadata(input_shape=[]), r'input_shape is \[\]; allowed: a list of one or more'),
    (metadata(input_shape=[1, 4.0, 4]), r'shape\[1\] is 4.0; allowed: a whole number over 0'),
    (metadata(input_shape=[1, 4, 5]), 'but the graph takes'),
    (metadata(temperature=0), 'temperature is 0; allowed: a number over 0'),
    (metadata(temperature=float('nan')), 'temperature is nan; allowed: a number over 0'),
    (metadata(temperature=True), 'temperature is True; allowed: a number over 0'),
    (metadata(metrics=[]), r'metrics is \[\]; allowed: a mapping'),
])
def test_bad_metadata(tmp_path, values, reason):
    path = write_model(tmp_path / 'm.onnx', values=values)
    with pytest.raises(SerError, match=reason) as caught:
        read_metadata(str(path))
    assert str(path) in str(caught.value)


def test_input_must_be_float32(tmp_path):
    onnx = pytest.importorskip('onnx')
    path = write_model(tmp_path / 'm.onnx', input_type=onnx.TensorProto.FLOAT16)
    with pytest.raises(SerError, match='must be float32'):
        read_metadata(str(path))


def test_one_input_and_one_output(tmp_path):
    onnx = pytest.importorskip('onnx')
    path = write_model(tmp_path / 'm.onnx')
    model = onnx.load(str(path))
    model.graph.output.append(model.graph.output[0])
    onnx.save(model, str(path))
    with pytest.raises(SerError, match='one input and one output, but this graph has 1 and 2'):
        read_metadata(str(path))


def test_model_folder(tiny_folder):
    model = Model(str(tiny_folder))
    assert model.precisions == ('fp32', 'fp16', 'int8')
    assert model.info.precision == 'fp32'
    assert model.path('int8') == str(tiny_folder / 'int8.onnx')
    (tiny_folder / 'fp16.onnx').unlink()
    with pytest.raises(SerError, match='tiny has no fp16 file; available: fp32, int8'):
        Model(str(tiny_folder)).path('fp16')


def test_model_file_of_its_own(tiny_folder):
    model = Model(str(tiny_folder / 'int8.onnx'))
    assert model.precisions == ('int8',)
    assert model.path('int8') == str(tiny_folder / 'int8.onnx')


def test_a_file_named_fp16_with_an_fp32_graph_is_refused(tiny_folder):
    write_model(tiny_folder / 'fp16.onnx', 'fp32')
    with pytest.raises(SerError, match='named fp16, but its graph computes in fp32'):
        Model(str(tiny_folder))


def test_files_of_different_models_are_refused(tiny_folder):
    write_model(tiny_folder / 'fp16.onnx', 'fp16', values=metadata(version='2'))
    with pytest.raises(SerError, match="not the same model: version '1' and '2'"):
        Model(str(tiny_folder))


def test_models_by_name(tiny_folder, monkeypatch):
    monkeypatch.setattr(resources, 'share_path', lambda *parts: str(
        tiny_folder.parent.joinpath(*parts[1:])))
    assert available_models() == ('tiny',)
    assert Model('tiny').info.name == 'tiny'
    with pytest.raises(SerError, match="unknown model 'huge'; give the name of a model .tiny., or"):
        Model('huge')
