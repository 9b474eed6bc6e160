# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What a real TensorRT makes of the models: TensorRT for RTX builds engines without a GPU.

They can't be run here; see test_tensorrt_gpu.py.
"""

import glob
import importlib.util
import os
import re
import subprocess

import pytest
from fake_tensorrt import SURFACE
from tiny_models import write_model, write_voice_model

from ser_ros import child_process
from ser_ros.cli.main import main
from ser_ros.errors import SerError
from ser_ros.inference.engine_options import EngineOptions
from ser_ros.inference.model_file import Model, available_models
from ser_ros.inference.tensorrt_backend import TensorRTBackend, build_ahead, plan_build
from ser_ros.inference.tensorrt_engine import (
    builder_process,
    compile,
    driver,
    engine_file,
    module,
    precision,
    source_model,
)

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec('tensorrt_rtx') is None,
                       reason='tensorrt-rtx is not installed (scripts/setup.sh test)'),
    pytest.mark.skipif(importlib.util.find_spec('tensorrt') is not None,
                       reason='another TensorRT is installed, which comes first')]

onnx = pytest.importorskip('onnx')

CAPABILITY = (8, 9)
GPU = driver.Gpu('', CAPABILITY)
# Bytes for each weight, least and most: there is padding, and in INT8 what is not quantised.
BYTES = {'fp32': (3.8, 6.0), 'fp16': (1.9, 3.0), 'int8': (0.95, 1.8)}
# The smallest, which builds in a second.
SMALL = min(available_models(), key=lambda name: os.path.getsize(Model(name).path('fp32')))
SHIPPED = [(name, kind) for name in available_models()
           for kind in ('fp32', 'fp16') + (('int8',) if 'int8' in Model(name).precisions else ())]


@pytest.fixture(scope='module')
def trt():
    return module.load()


@pytest.fixture
def options(tmp_path):
    return EngineOptions(folder=str(tmp_path / 'engines'), workspace_mib=128)


def job_for(name, kind, options, trt):
    path, job = plan_build(Model(name), kind, trt, GPU, options)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return job._replace(capability=CAPABILITY)


def files(options):
    return [path for path in glob.glob(options.folder + '/*') if not path.endswith('.lock')]


@pytest.fixture
def log(monkeypatch):
    """What the builder's process writes, as a list of lines."""
    lines = []
    read = child_process._message
    monkeypatch.setattr(
        child_process, '_message', lambda line: (lines.append(line), read(line))[1])
    return lines


@pytest.mark.parametrize(('name', 'kind'), SHIPPED)
def test_every_shipped_model_builds(name, kind, options, trt, log):
    """
    By the command's own path: a process, its progress, the cache.

    The layers say in which type the weights are; the memory that the builder counts has to agree.
    """
    steps = []
    options = options._replace(on_progress=lambda *step: steps.append(step))
    path, was_there = build_ahead(Model(name), kind, options, CAPABILITY)
    assert not was_there
    content = engine_file.read(path, job_for(name, kind, options, trt).key)
    assert content.precision == kind
    assert len(content.check['probabilities']) == len(Model(name).info.labels)
    total, = re.findall(r'Total Weights Memory: (\d+) bytes', ''.join(log))
    weights = sum(onnx.numpy_helper.to_array(tensor).size for tensor in onnx.load(
        Model(name).path(Model(name).precisions[0])).graph.initializer)
    least, most = BYTES[kind]
    assert least < int(total) / weights < most
    shares = [share for _, share in steps if share is not None]
    assert shares == sorted(shares) and 0 < shares[-1] <= 1
    assert build_ahead(Model(name), kind, options, CAPABILITY) == (path, True)


@pytest.mark.parametrize('kind', ['fp32', 'fp16'])
def test_a_model_with_a_baseline_is_built(kind, options, tmp_path):
    write_voice_model(tmp_path / 'voice.onnx')
    path, _ = build_ahead(Model(str(tmp_path / 'voice.onnx')), kind, options, CAPABILITY)
    assert path in files(options)


@pytest.mark.parametrize('kind', ['fp16', 'int8'])
def test_deliberately_wrong_precision_is_caught(kind, options, trt, monkeypatch):
    """An FP32 graph, built as if it were another: TensorRT builds FP32, and says nothing."""
    job = job_for(SMALL, kind, options, trt)
    monkeypatch.setattr(source_model, 'prepare', lambda paths, *_: source_model.Prepared(
        paths['fp32'], paths['fp32'], False))
    with pytest.raises(SerError, match=f'built fp32, but {kind} was requested'):
        builder_process.run(job)
    assert not files(options)


def test_killed_in_the_middle(options, monkeypatch):
    started = []
    popen = subprocess.Popen

    def start(*arguments, **named):
        started.append(popen(*arguments, **named))
        return started[-1]

    def kill(step, share):
        if share is not None:
            started[-1].kill()

    monkeypatch.setattr(child_process.subprocess, 'Popen', start)
    with pytest.raises(SerError, match='SIGKILL.*memory ran out'):
        build_ahead(Model(SMALL), 'fp32', options._replace(on_progress=kill), CAPABILITY)
    assert started[0].returncode == -9 and not files(options)
    path, _ = build_ahead(Model(SMALL), 'fp32', options, CAPABILITY)
    assert path in files(options)


class TestBadGraphs:
    def test_no_graph(self, trt):
        log = builder_process.Log(sends_progress=False)
        with pytest.raises(SerError, match='cannot parse the model'):
            compile.build(trt, module.make_logger(trt, log.line), b'\x08\x07no model',
                          compile.Settings('fp32', (1, 1, 4, 4), 64, CAPABILITY))

    def test_broken_file(self, options, tmp_path):
        path = write_model(tmp_path / 'm.onnx')
        model = onnx.load(str(path))
        for tensor in model.graph.initializer:
            if tensor.name == 'weight':
                tensor.dims[0] = 8
                tensor.raw_data = tensor.raw_data[:len(tensor.raw_data) // 2]
        onnx.save(model, str(path))
        with pytest.raises(SerError, match='cannot build the fp32 engine: '):
            build_ahead(Model(str(path)), 'fp32', options, CAPABILITY)
        assert not files(options)

    def test_unsupported_operator(self, options, tmp_path):
        """ONNX Runtime knows sequences, TensorRT doesn't."""
        path = write_model(tmp_path / 'm.onnx')
        model = onnx.load(str(path))
        model.graph.node[-1].output[0] = 'inner'
        model.graph.initializer.append(onnx.helper.make_tensor('first', 7, [], [0]))
        model.graph.node.extend([
            onnx.helper.make_node('SequenceConstruct', ['inner'], ['sequence']),
            onnx.helper.make_node('SequenceAt', ['sequence', 'first'], ['logits'])])
        onnx.save(model, str(path))
        with pytest.raises(SerError, match='cannot parse the model: .*SequenceConstruct'):
            build_ahead(Model(str(path)), 'fp32', options, CAPABILITY)
        assert not files(options)

    def test_int8_as_onnx_runtime_wants_it_is_refused(self, trt):
        """Why it is converted: if this fails, TensorRT has learnt to read it."""
        name = next((name for name, kind in SHIPPED if kind == 'int8'), None)
        if name is None:
            pytest.skip('no shipped model stores INT8')
        model = Model(name)
        with open(model.path('int8'), 'rb') as file, pytest.raises(SerError, match='cannot parse'):
            compile.build(trt, module.make_logger(trt, lambda *_: None), file.read(),
                          compile.Settings('int8', (1,) + model.info.input_shape, 64, CAPABILITY))


def test_workspace_is_bounded(trt):
    config = trt.Builder(module.make_logger(trt, lambda *_: None)).create_builder_config()
    compile.set_workspace(trt, config, 48 << 20)
    assert config.get_memory_pool_limit(trt.MemoryPoolType.WORKSPACE) == 48 << 20


def test_layers_of_the_log_name_the_precision(trt, tmp_path):
    log = builder_process.Log(sends_progress=False)
    path = write_model(tmp_path / 'm.onnx', 'fp16')
    compile.build(trt, module.make_logger(trt, log.line), path.read_bytes(),
                  compile.Settings('fp16', (1, 1, 4, 4), 64, CAPABILITY))
    assert precision.from_log(log.layers) == 'fp16'
    assert precision.from_log('') is None


def test_the_fakes_have_the_names_of_the_real_classes(trt):
    surface = SURFACE['rtx']
    if trt.__version__ != surface['version']:
        pytest.skip(f"the list is of {surface['version']}")
    for name, listed in surface['classes'].items():
        assert listed == [key for key in sorted(dir(getattr(trt, name))) if key[0] != '_'], name
    for name, listed in surface['enums'].items():
        real = trt.ILogger.Severity if name == 'Severity' else getattr(trt, name)
        assert listed == list(real.__members__), name


class TestCommand:
    def test_builds_ahead_of_time(self, options, capsys):
        assert main(['build-engine', SMALL, '--precision', 'fp16', '--compute-capability', '8.6',
                     '--cache', options.folder]) == 0
        path, = glob.glob(options.folder + '/*-fp16-tensorrt_rtx-sm86-*.engine')
        error = capsys.readouterr().err
        assert 'fp16: building' in error and path in error

    def test_what_cannot_be_built(self, options, capsys):
        assert main(['build-engine', SMALL, '--precision', 'fp32', '--compute-capability', '5.3',
                     '--cache', options.folder]) == 1
        assert ('cannot build for the compute capability 5.3; allowed: 7.5'
                in capsys.readouterr().err)

    def test_without_tensorrt(self, monkeypatch, capsys):
        monkeypatch.setattr(module, 'MODULES', ('no_such_tensorrt',))
        for further in [], ['--compute-capability', '8.6']:
            assert main(['build-engine', SMALL, *further]) == 2
            error = capsys.readouterr().err
            assert 'TensorRT is not installed' in error and len(error.splitlines()) == 1

    @pytest.mark.parametrize('given', ['8', '8.10', 'sm_86', ''])
    def test_capability(self, given, capsys):
        assert main(['build-engine', SMALL, '--compute-capability', given]) == 2
        assert f'two numbers such as 8.6, got {given!r}' in capsys.readouterr().err

    def test_workspace(self, capsys):
        assert main(['build-engine', SMALL, '--workspace-mib', '1']) == 2
        assert 'from 16 to 65536, got 1' in capsys.readouterr().err

    @pytest.mark.skipif(TensorRTBackend().unavailable_reason() is None, reason='there is a GPU')
    def test_without_a_gpu(self, capsys):
        assert main(['build-engine', SMALL]) == 2
        assert 'no engine can be built here: ' in capsys.readouterr().err
