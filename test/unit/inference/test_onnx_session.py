# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from tiny_models import write_model

from ser_ros.errors import SerError
from ser_ros.onnx_session import open_session


@pytest.fixture
def path(tmp_path):
    pytest.importorskip('onnxruntime')
    write_model(tmp_path / 'tiny.onnx')
    return str(tmp_path / 'tiny.onnx')


def test_runs_the_model(path, image, expected_logits):
    session = open_session(path)
    logits = session.run(None, {session.get_inputs()[0].name: image[np.newaxis]})[0][0]
    np.testing.assert_allclose(logits, expected_logits, rtol=1e-5)


@pytest.mark.parametrize('threads', [1, 2])
def test_options(path, threads):
    options = open_session(path, threads).get_session_options()
    assert options.intra_op_num_threads == threads
    assert options.inter_op_num_threads == 1
    assert not options.enable_cpu_mem_arena
    assert options.get_session_config_entry('session.intra_op.allow_spinning') == '0'


@pytest.mark.parametrize('threads', [0, -1, 65, 1000000, 1.5, '2'])
def test_bad_threads(path, threads):
    with pytest.raises(SerError, match='threads must be a whole number from 1 to 64, got'):
        open_session(path, threads)


@pytest.mark.parametrize('changes, reason', [
    ({'ir_version': 99}, 'Unsupported model IR version: 99, max supported IR version: [0-9]+'),
    ({'opset': 99}, '(Opset 99 is [^.]*[.] Current official|.* opset).*')])
def test_a_file_that_is_too_new_is_told_in_a_sentence(tmp_path, changes, reason):
    onnxruntime = pytest.importorskip('onnxruntime')
    path = str(write_model(tmp_path / 'new.onnx', **changes))
    with pytest.raises(SerError) as error:
        open_session(path)
    begin = f'ONNX Runtime {onnxruntime.__version__} cannot load {path}: '
    assert str(error.value).startswith(begin)
    assert re.fullmatch(reason, str(error.value)[len(begin):])
    assert 'onnxruntime' not in str(error.value) and '::' not in str(error.value)


def test_a_name_that_is_no_valid_text(path):
    name = os.fsdecode(os.fsencode(os.path.dirname(path)) + b'/m\xff.onnx')
    os.rename(path, name)
    assert open_session(name).get_inputs()


def test_missing_file(tmp_path):
    with pytest.raises(SerError, match='the model file .*missing.onnx does not exist'):
        open_session(str(tmp_path / 'missing.onnx'))


@pytest.mark.parametrize('content', [b'', b'this is no model', b'\x08\x08'])
def test_broken_file(path, content):
    with open(path, 'wb') as file:
        file.write(content)
    with pytest.raises(SerError, match='ONNX Runtime .* cannot load .*tiny.onnx: '):
        open_session(path)


def test_truncated_file(path):
    with open(path, 'rb') as file:
        content = file.read()
    with open(path, 'wb') as file:
        file.write(content[:len(content) // 2])
    with pytest.raises(SerError, match='cannot load'):
        open_session(path)


def test_runtime_missing(path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    with pytest.raises(SerError, match='pip install onnxruntime'):
        open_session(path)


def test_nothing_is_reported_to_anybody(path, tmp_path):
    """ONNX Runtime collects what it is going to send in a file below the home folder."""
    home = tmp_path / 'home'
    home.mkdir()
    environment = {
        name: value for name, value in os.environ.items()
        # These would keep it quiet by themselves.
        if name not in ('CI', 'ORT_DISABLE_TELEMETRY', 'XDG_CACHE_HOME')}
    subprocess.run(
        [sys.executable, '-c', 'from ser_ros.onnx_session import open_session\n'
         f'open_session({str(path)!r})'],
        check=True, cwd=str(home), env=dict(environment, HOME=str(home)))
    assert os.listdir(str(home)) == []
