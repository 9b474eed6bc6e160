# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Model files that change, or vanish, under a program that has them open."""

import hashlib
import shutil

import numpy as np
import pytest
from tiny_models import LABELS, metadata, write_model

pytest.importorskip('onnxruntime')

from ser_ros.errors import SerError  # noqa: E402
from ser_ros.inference.model_file import Model  # noqa: E402
from ser_ros.inference.registry import choose_backend  # noqa: E402

BACKENDS = ('onnxruntime', 'pytorch')


@pytest.fixture(params=BACKENDS)
def backend(request):
    if request.param == 'pytorch':
        pytest.importorskip('torch')
    return choose_backend(request.param)


@pytest.fixture
def folder(tmp_path):
    for precision in ('fp32', 'int8'):
        write_model(tmp_path / f'{precision}.onnx', precision)
    return tmp_path


@pytest.mark.parametrize('changes, key', [
    ({'labels': list(reversed(LABELS))}, 'labels'),
    ({'feature_set': 'mel_f0_level/1'}, 'feature_set'),
    ({'name': 'other'}, 'name'),
    ({'version': '2'}, 'version'),
    ({'input_shape': [1, 2, 8]}, 'input_shape'),
])
def test_a_file_that_is_now_another_models_is_refused(folder, backend, changes, key):
    model = Model(str(folder))
    values = metadata(**changes)
    write_model(folder / 'fp32.onnx', values=values, shape=values['input_shape'])
    with pytest.raises(SerError, match=f'not the same model: {key} .*configure the node again'):
        backend.open(model, 'fp32')


def test_a_file_of_another_precision_is_refused(folder):
    model = Model(str(folder))
    shutil.copy(str(folder / 'fp32.onnx'), str(folder / 'int8.onnx'))
    with pytest.raises(SerError, match='named int8, but its graph computes in fp32'):
        choose_backend('onnxruntime').open(model, 'int8')


def test_other_weights_of_the_same_model_are_taken(folder, backend, image):
    model = Model(str(folder))
    before = backend.open(model, 'fp32')
    write_model(folder / 'fp32.onnx', seed=1)
    after = backend.open(model, 'fp32')
    assert not np.array_equal(before.run(image), after.run(image))
    assert before.info.sha256 != after.info.sha256
    assert model.info.sha256 == after.info.sha256


def test_what_is_loaded_needs_no_file(folder, backend, image):
    path = folder / 'fp32.onnx'
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    session = backend.open(Model(str(folder)), 'fp32')
    before = session.run(image)
    path.write_bytes(b'half of an upda')
    assert session.info.sha256 == digest
    path.unlink()
    assert session.info.sha256 == digest
    np.testing.assert_array_equal(session.run(image), before)


def test_the_hash_of_a_file_that_is_gone_is_an_error_in_one_line(folder):
    info = Model(str(folder)).info
    (folder / 'fp32.onnx').unlink()
    with pytest.raises(SerError, match='cannot read the model file .*fp32.onnx: No such file'):
        _ = info.sha256


def test_metadata_cannot_name_the_hash(tmp_path):
    write_model(tmp_path / 'fp32.onnx', values=metadata(loaded_sha256='0' * 64))
    digest = hashlib.sha256((tmp_path / 'fp32.onnx').read_bytes()).hexdigest()
    assert Model(str(tmp_path)).info.sha256 == digest


def test_text_that_is_not_utf_8_in_the_graph(tmp_path):
    """ONNX Runtime raises UnicodeDecodeError for it, which is no error of its own."""
    onnx = pytest.importorskip('onnx')
    path = tmp_path / 'fp32.onnx'
    model = onnx.load(str(write_model(path)))
    # A name that the runtime quotes, of a node that it cannot run.
    model.graph.node[0].name = 'MARKED'
    model.graph.node[0].op_type = 'Unknown'
    path.write_bytes(model.SerializeToString().replace(b'MARKED', b'\xff\xfeRKED'))
    with pytest.raises(SerError, match='cannot load .*fp32.onnx: ') as caught:
        choose_backend('onnxruntime').open(Model(str(tmp_path)), 'fp32')
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('method', ['_open', '_run'])
def test_whatever_a_runtime_raises_is_an_error_in_one_line(folder, backend, method, monkeypatch):
    class Strange(Exception):
        pass

    def fail(*_):
        raise Strange('line 1\nline 2')

    model = Model(str(folder))
    session = backend.open(model, 'fp32')
    monkeypatch.setattr(type(session) if method == '_run' else type(backend), method, fail)
    with pytest.raises(SerError, match='Strange: line 1 line 2$'):
        backend.open(model, 'fp32')
