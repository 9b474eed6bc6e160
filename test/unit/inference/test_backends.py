# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The backends: the same answers from the same file, and clear reasons where there are none."""


import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest
from fake_sessions import FakeBackend, FakeSession
from tiny_models import SHAPE, metadata, write_model

from ser_ros.errors import SerError
from ser_ros.inference import pytorch_backend, registry
from ser_ros.inference.model_file import Model
from ser_ros.inference.pytorch_backend import PytorchSession, _operators
from ser_ros.inference.registry import AUTO_ORDER, BACKENDS, choose_backend

RUNTIMES = {'onnxruntime': 'onnxruntime', 'pytorch': 'torch'}


@pytest.fixture(params=sorted(RUNTIMES))
def backend(request):
    """Each backend whose runtime is installed."""
    reason = BACKENDS[request.param].unavailable_reason()
    if reason:
        pytest.skip(reason)
    return BACKENDS[request.param]


def test_answers_are_right(backend, tiny_folder, image, expected_logits):
    session = backend.open(Model(str(tiny_folder)), 'fp32')
    assert (session.backend, session.precision) == (backend.name, 'fp32')
    logits = session.run(image)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, expected_logits, atol=1e-5)
    session.close()


@pytest.mark.parametrize('precision, tolerance', [('fp16', 2e-2), ('int8', 5e-2)])
def test_precisions_of_onnxruntime(tiny_folder, image, expected_logits, precision, tolerance):
    session = choose_backend('onnxruntime').open(Model(str(tiny_folder)), precision)
    assert session.precision == session.info.precision == precision
    logits = session.run(image)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, expected_logits, atol=tolerance)
    assert not np.array_equal(logits, expected_logits.astype(np.float32))


def test_windows_one_after_the_other(backend, tiny_folder, image, expected_logits):
    session = backend.open(Model(str(tiny_folder)), 'fp32')
    assert session.batch == 1
    logits = session.run_batch(np.stack([image, 0 * image, image]))
    assert logits.shape == (3, 3)
    for found, given in zip(logits, [image, 0 * image, image]):
        np.testing.assert_array_equal(found, session.run(given))
    with pytest.raises(SerError, match=r'takes float32 \[1, 4, 4\], got float32 \[4, 4\]'):
        session.run_batch(image)


def test_windows_of_one_run_where_the_file_leaves_their_number_open(tmp_path, image):
    pytest.importorskip('onnxruntime')
    write_model(tmp_path / 'fp32.onnx', windows='n')
    session = choose_backend('onnxruntime').open(Model(str(tmp_path)), 'fp32')
    assert session.batch > 1
    inputs = np.stack([image, 0 * image, image])
    np.testing.assert_allclose(
        session.run_batch(inputs), [session.run(given) for given in inputs], atol=1e-6)
    assert len(session._compute(inputs)) == 3


def test_threads(backend, tiny_folder, image, expected_logits):
    model = Model(str(tiny_folder))
    np.testing.assert_allclose(
        backend.open(model, 'fp32', threads=2).run(image), expected_logits, atol=1e-5)
    with pytest.raises(SerError, match='threads must be a whole number from 1 to 64, got 0'):
        backend.open(model, 'fp32', threads=0)


@pytest.mark.parametrize('given', [
    np.zeros((4, 4), np.float32), np.zeros((1, 4, 5), np.float32), np.zeros((1, 4, 4))])
def test_wrong_images(backend, tiny_folder, given):
    session = backend.open(Model(str(tiny_folder)), 'fp32')
    with pytest.raises(SerError, match=r'tiny takes float32 \[1, 4, 4\], got'):
        session.run(given)


def test_precisions_that_are_not_offered(backend, tiny_folder):
    (tiny_folder / 'fp16.onnx').unlink()
    (tiny_folder / 'int8.onnx').unlink()
    for precision in ('fp16', 'int8', 'fp64'):
        with pytest.raises(SerError, match=f"cannot run the model .* '{precision}'; allowed: fp32"):
            backend.open(Model(str(tiny_folder)), precision)


def test_a_model_that_answers_nonsense_is_refused(backend, tmp_path):
    onnx = pytest.importorskip('onnx')
    path = write_model(tmp_path / 'm.onnx')
    model = onnx.load(str(path))
    bias = onnx.numpy_helper.from_array(np.full(3, np.nan, np.float32), 'bias')
    del model.graph.initializer[1]
    model.graph.initializer.append(bias)
    onnx.save(model, str(path))
    with pytest.raises(SerError, match='answers an empty window with .*nan'):
        backend.open(Model(str(path)), 'fp32')


@pytest.mark.parametrize('versions', [{'ir_version': 999}, {'opset': 999}])
def test_files_newer_than_the_runtime(tmp_path, versions):
    path = write_model(tmp_path / 'm.onnx', **versions)
    with pytest.raises(SerError, match=r'(?s)ONNX Runtime .* cannot load .*m.onnx.*\(the file has '
                                       r'IR version \d+ and opset \d+\)'):
        choose_backend('onnxruntime').open(Model(str(path)), 'fp32')


def test_an_operator_that_nobody_knows(tmp_path):
    path = write_model(tmp_path / 'm.onnx', tail=('NoSuchOperator',))
    with pytest.raises(SerError, match='(?s)cannot load .*m.onnx.*NoSuchOperator'):
        choose_backend('onnxruntime').open(Model(str(path)), 'fp32')


def test_operators_that_the_pytorch_backend_lacks(tmp_path):
    pytest.importorskip('torch')
    path = write_model(tmp_path / 'm.onnx', tail=('Erf',))
    with pytest.raises(SerError, match='pytorch cannot run the model tiny: it has no operator Erf; '
                                       'supported: Add, Cast, Conv.*Use onnxruntime'):
        choose_backend('pytorch').open(Model(str(path)), 'fp32')


def test_the_pytorch_backend_refuses_convolutions_of_sound(tmp_path):
    onnx = pytest.importorskip('onnx')
    weight = onnx.numpy_helper.from_array(np.ones((3, 1, 4), np.float32), 'weight')
    model = onnx.helper.make_model(onnx.helper.make_graph(
        [onnx.helper.make_node('Conv', ['input', 'weight'], ['wide'], strides=[60]),
         onnx.helper.make_node('Flatten', ['wide'], ['logits'])], 'sound',
        [onnx.helper.make_tensor_value_info('input', onnx.TensorProto.FLOAT, (1, 1, 60))],
        [onnx.helper.make_tensor_value_info('logits', onnx.TensorProto.FLOAT, (1, 3))],
        [weight]), opset_imports=[onnx.helper.make_opsetid('', 13)])
    model.ir_version = 7
    onnx.helper.set_model_props(model, {'ser_ros': json.dumps(metadata(input_shape=[1, 60]))})
    onnx.save(model, str(tmp_path / 'm.onnx'))
    sound = Model(str(tmp_path / 'm.onnx'))
    assert 'three dimensions, not [1, 60]' in BACKENDS['pytorch'].refusal(sound)
    assert BACKENDS['onnxruntime'].refusal(sound) is None
    assert BACKENDS['onnxruntime'].open(sound, 'fp32').run(
        np.ones((1, 60), np.float32)).tolist() == [4, 4, 4]


def test_every_operator_of_the_pytorch_backend_is_named():
    pytest.importorskip('torch')
    assert sorted(_operators()) == sorted(pytorch_backend.OPERATORS)


def network(onnx):
    """Return a model with every operator that the exported networks have, and their attributes."""
    helper, generator = onnx.helper, np.random.default_rng(3)
    constants = {
        'w1': generator.normal(size=(4, 1, 3, 3)), 'b1': generator.normal(size=4),
        'w2': generator.normal(size=(4, 2, 2, 2)), 'w3': generator.normal(size=(4, 5)),
        'w4': generator.normal(size=(5, 3)), 'b4': generator.normal(size=(1, 3))}
    nodes = [
        helper.make_node('Conv', ['image', 'w1', 'b1'], ['c1'], pads=[1, 1, 1, 1]),
        helper.make_node('Relu', ['c1'], ['r1']),
        helper.make_node('MaxPool', ['r1'], ['p1'], kernel_shape=[2, 2], pads=[0, 0, 1, 1]),
        helper.make_node('Conv', ['p1', 'w2'], ['c2'], pads=[0, 1, 1, 0], group=2,
                         dilations=[1, 1], strides=[1, 1]),
        helper.make_node('Add', ['c2', 'p1'], ['a1']),
        helper.make_node('GlobalAveragePool', ['a1'], ['g1']),
        helper.make_node('Flatten', ['g1'], ['f1']),
        helper.make_node('MatMul', ['f1', 'w3'], ['m1']),
        helper.make_node('Gemm', ['m1', 'w4', 'b4'], ['logits'], alpha=0.5, beta=2.0)]
    graph = helper.make_graph(
        nodes, 'network',
        [helper.make_tensor_value_info('image', onnx.TensorProto.FLOAT, (1,) + SHAPE)],
        [helper.make_tensor_value_info('logits', onnx.TensorProto.FLOAT, (1, 3))],
        [onnx.numpy_helper.from_array(value.astype(np.float32), name)
         for name, value in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)])
    model.ir_version = 7
    helper.set_model_props(model, {'ser_ros': json.dumps(metadata())})
    return model


def test_pytorch_and_onnxruntime_agree(tmp_path, image):
    onnx = pytest.importorskip('onnx')
    pytest.importorskip('torch')
    onnx.save(network(onnx), str(tmp_path / 'm.onnx'))
    model = Model(str(tmp_path / 'm.onnx'))
    answers = [BACKENDS[name].open(model, 'fp32').run(image) for name in RUNTIMES]
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-5)


def test_transposed_gemm_in_torch():
    torch = pytest.importorskip('torch')
    first, second = torch.rand(3, 2), torch.rand(4, 3)
    product = _operators()['Gemm']([first, second], {'transA': 1, 'transB': 1})
    torch.testing.assert_close(product, first.T @ second.T)


def test_an_fp16_graph_in_torch(tiny_folder, image, expected_logits):
    pytest.importorskip('torch')
    session = PytorchSession(*Model(str(tiny_folder / 'fp16.onnx')).load('fp16'), 1)
    assert session.precision == 'fp16'
    logits = session.run(image)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, expected_logits, atol=2e-2)


def test_pytorch_offers_fp16_on_a_gpu_only(tiny_folder, monkeypatch):
    pytest.importorskip('torch')
    model = Model(str(tiny_folder))
    for has_gpu, offered in (False, ('fp32',)), (True, ('fp32', 'fp16')):
        monkeypatch.setattr(pytorch_backend, '_has_gpu', lambda has_gpu=has_gpu: has_gpu)
        assert BACKENDS['pytorch'].precisions(model) == offered
    # A driver, but no GPU that torch can use.
    monkeypatch.setattr(pytorch_backend, '_device', lambda: 'cpu')
    with pytest.raises(SerError, match='on a GPU only'):
        BACKENDS['pytorch'].open(model, 'fp16')


def test_errors_of_the_runtimes_are_told(backend, tiny_folder, image):
    session = backend.open(Model(str(tiny_folder)), 'fp32')
    object.__setattr__(session.info, 'input_shape', (1, 5, 5))
    with pytest.raises(SerError, match='failed on .*fp32.onnx'):
        session.run(np.zeros((1, 5, 5), np.float32))


def test_a_runtime_that_is_not_installed(backend, monkeypatch):
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    assert 'not installed (pip install ' in backend.unavailable_reason()
    with pytest.raises(SerError, match=(
            f"backend '{backend.name}' does not work on this machine \\({backend.name}: the Python "
            'package .* is not installed')):
        choose_backend(backend.name)


def test_auto_takes_the_first_that_works(monkeypatch):
    monkeypatch.setattr(registry, 'BACKENDS', {
        'tensorrt': FakeBackend('tensorrt', reason='not installed'),
        'onnxruntime': FakeBackend('onnxruntime'), 'pytorch': FakeBackend('pytorch')})
    assert choose_backend().name == 'onnxruntime'
    registry.BACKENDS['tensorrt'] = FakeBackend('tensorrt')
    assert choose_backend('auto').name == 'tensorrt'
    registry.BACKENDS['tensorrt'] = FakeBackend('tensorrt', reason='no GPU')
    assert choose_backend('auto').name == 'onnxruntime'
    registry.BACKENDS['onnxruntime'] = FakeBackend('onnxruntime', reason='not installed')
    assert choose_backend('auto').name == 'pytorch'
    with pytest.raises(SerError, match='tensorrt: no GPU'):
        choose_backend('tensorrt')


def test_auto_takes_none_that_cannot_run_the_model(monkeypatch, tiny_folder):
    model = Model(str(tiny_folder))
    picky = FakeBackend('onnxruntime')
    picky.refusal = lambda given: 'too large' if given is model else None
    monkeypatch.setattr(registry, 'BACKENDS', {
        'tensorrt': FakeBackend('tensorrt', reason='not installed'), 'onnxruntime': picky,
        'pytorch': FakeBackend('pytorch')})
    assert choose_backend('auto').name == 'onnxruntime'
    assert choose_backend('auto', model).name == 'pytorch'
    # Who names it learns the reason when it is opened.
    with pytest.raises(SerError, match='onnxruntime cannot run the model .*: too large'):
        choose_backend('onnxruntime', model).open(model, 'fp32')
    registry.BACKENDS['pytorch'].refusal = lambda _: 'no operator'
    with pytest.raises(SerError, match='onnxruntime: too large; pytorch: no operator'):
        choose_backend('auto', model)


def test_unknown_and_missing_backends():
    with pytest.raises(SerError, match="unknown backend 'tpu'; allowed: auto, tensorrt, onnxrun"):
        choose_backend('tpu')


def test_no_backend_at_all(monkeypatch):
    monkeypatch.setattr(registry, 'BACKENDS', {
        name: FakeBackend(name, reason='no ' + name) for name in AUTO_ORDER})
    with pytest.raises(SerError, match='tensorrt: no tensorrt; onnxruntime: no onnxruntime; '
                                       'pytorch: no pytorch'):
        choose_backend()


@pytest.mark.parametrize('logits', [[1., 2.], [np.nan, 0., 0.]])
def test_a_session_that_fails_its_warm_up_is_closed(tiny_folder, logits):
    session = FakeSession(answer=lambda image: logits)
    with pytest.raises(SerError, match='answers an empty window with'):
        FakeBackend(session=session).open(Model(str(tiny_folder)), 'fp32')
    assert session.closed.is_set()


def test_a_session_that_cannot_run_its_warm_up_is_closed(tiny_folder):
    def fail(image):
        raise SerError('the driver failed')

    session = FakeSession(answer=fail)
    with pytest.raises(SerError, match='the driver failed'):
        FakeBackend(session=session).open(Model(str(tiny_folder)), 'fp32')
    assert session.closed.is_set()


def test_importing_inference_loads_no_runtime():
    code = ('import sys, ser_ros.inference.inference_thread\n'
            'assert not {"onnxruntime", "torch", "onnx", "tensorrt"} & set(sys.modules)')
    subprocess.run([sys.executable, '-c', code], check=True)
