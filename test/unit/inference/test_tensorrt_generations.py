# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The adapter over TensorRT's generations: whole sessions on strict fakes of each."""

import glob
import importlib
import json
import sys
import threading

import fake_cuda
import fake_tensorrt
import numpy as np
import pytest
from fake_tensorrt import GENERATIONS, SURFACE
from tiny_models import (
    SHAPE,
    VOICE_SIZE,
    metadata,
    voice_answer,
    weights,
    write_model,
    write_voice_model,
)

from ser_ros.errors import SerError
from ser_ros.inference.classifier import Classifier, open_classifier
from ser_ros.inference.engine_options import EngineOptions
from ser_ros.inference.inference_thread import InferenceThread
from ser_ros.inference.model_file import Model
from ser_ros.inference.registry import BACKENDS, choose_backend
from ser_ros.inference.tensorrt_backend import TensorRTBackend, build_ahead
from ser_ros.inference.tensorrt_engine import (
    builder,
    builder_process,
    compile,
    devices,
    driver,
    engine_file,
    module,
    reference,
    running_engine,
    source_model,
)
from ser_ros.inference.tensorrt_engine.engine_file import UnusableEngine

onnx = pytest.importorskip('onnx')

PRECISIONS = ('fp32', 'fp16', 'int8')
TYPED = ('10', '11', 'rtx')
GPU = driver.Gpu('Fake GPU', (8, 6))


class Machine:
    """A machine with a GPU and a TensorRT, both fakes, that builds in this very process."""

    def __init__(self, monkeypatch, folder):
        self._monkeypatch = monkeypatch
        self.cuda = fake_cuda.Cuda()
        self.gpu = GPU
        self.jobs = []
        self.steps = []
        self.options = EngineOptions(
            folder=str(folder), workspace_mib=32,
            on_progress=lambda step, share: self.steps.append((step, share)))
        monkeypatch.setattr(devices, '_devices', {})
        monkeypatch.setattr(driver, 'first_gpu', lambda: self.gpu)
        monkeypatch.setattr(builder, 'run_builder', self.run_builder)
        self.use_cuda(fake_cuda.pycuda_modules(self.cuda))

    def use_cuda(self, modules):
        for name in ('pycuda', 'pycuda.driver', 'cuda', 'cuda.bindings', 'cuda.bindings.runtime',
                     'cuda.cudart'):
            # None makes an import fail; find_spec has to be told, too.
            self._monkeypatch.setitem(sys.modules, name, modules.get(name))
        known = importlib.util.find_spec
        self._monkeypatch.setattr(importlib.util, 'find_spec', lambda name, package=None: (
            None if name in sys.modules and sys.modules[name] is None else known(name, package)))

    def use_tensorrt(self, generation, **abilities):
        trt = fake_tensorrt.make(generation, self.cuda, **abilities)
        for name in module.MODULES:
            fake = trt if name == trt.__name__ else None
            self._monkeypatch.setitem(sys.modules, name, fake)
        trt.__spec__ = importlib.machinery.ModuleSpec(trt.__name__, None)
        return trt

    def run_builder(self, job, options):
        self.jobs.append(job)
        builder_process.run(job)


@pytest.fixture
def machine(monkeypatch, tmp_path):
    return Machine(monkeypatch, tmp_path / 'engines')


@pytest.fixture
def open_session(machine, tiny_folder):
    def open_session(precision, folder=tiny_folder):
        return TensorRTBackend().open(Model(str(folder)), precision, engines=machine.options)

    return open_session


@pytest.fixture
def tiny_folder(tiny_folder):
    """The tiny model, with U8 activations in its INT8 file."""
    write_u8_model(tiny_folder / 'int8.onnx')
    return tiny_folder


def write_u8_model(path):
    """Write the tiny model as ONNX Runtime's quantiser would: U8 activations, S8 weights."""
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    weight, bias = weights()
    scale = (np.abs(weight).max(axis=0) / 127).astype(np.float32)
    input_scale = np.float32(1 / 255)
    constants = {
        'input_scale': input_scale, 'input_zero': np.uint8(0),
        'stored': np.round(weight / scale).astype(np.int8), 'scale': scale,
        'zero': np.zeros(3, np.int8),
        'bias_stored': np.round(bias / (scale * input_scale)).astype(np.int32),
        'bias_scale': scale * input_scale, 'bias_zero': np.zeros(3, np.int32)}
    nodes = [
        helper.make_node('Flatten', ['image'], ['flat']),
        helper.make_node('QuantizeLinear', ['flat', 'input_scale', 'input_zero'], ['small']),
        helper.make_node('DequantizeLinear', ['small', 'input_scale', 'input_zero'], ['again']),
        helper.make_node('DequantizeLinear', ['stored', 'scale', 'zero'], ['weight'], axis=1),
        helper.make_node('DequantizeLinear', ['bias_stored', 'bias_scale', 'bias_zero'], ['bias'],
                         axis=0),
        helper.make_node('Gemm', ['again', 'weight', 'bias'], ['logits'])]
    floating = onnx.TensorProto.FLOAT
    model = helper.make_model(helper.make_graph(
        nodes, 'tiny', [helper.make_tensor_value_info('image', floating, (1,) + SHAPE)],
        [helper.make_tensor_value_info('logits', floating, (1, 3))],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]),
        opset_imports=[helper.make_opsetid('', 13)])
    model.ir_version = 7
    helper.set_model_props(model, {'ser_ros': json.dumps(metadata())})
    onnx.save(model, str(path))


@pytest.mark.parametrize('precision', PRECISIONS)
@pytest.mark.parametrize('generation', GENERATIONS)
class TestSessions:
    def test_builds_runs_and_closes(self, machine, open_session, generation, precision, image,
                                    expected_logits):
        trt = machine.use_tensorrt(generation)
        session = open_session(precision)
        assert (session.backend, session.precision) == ('tensorrt', precision)
        np.testing.assert_allclose(
            session.run(image), expected_logits, atol=0.1 if precision == 'int8' else 0.01)
        assert [record['precision'] for record in trt.built] == [precision]
        session.close()
        assert not machine.cuda.memory and not machine.cuda.streams
        assert machine.cuda.depth == 0

    def test_how_it_is_built(self, machine, open_session, generation, precision):
        trt = machine.use_tensorrt(generation)
        open_session(precision)
        record, = trt.built
        assert record['workspace'] == 32 << 20
        assert record['detailed'] and record['shape'] == [1, *SHAPE]
        assert 'TF32' not in record['flags']
        assert record['strong'] == (generation in TYPED)
        flags = {'fp32': [], 'fp16': ['FP16', 'PREFER_PRECISION_CONSTRAINTS'], 'int8': ['INT8']}
        assert record['flags'] == ([] if generation in TYPED else flags[precision])
        assert bool(record['layers']) == (precision == 'fp16' and generation not in TYPED)

    def test_second_time_it_is_not_built(self, machine, open_session, generation, precision, image):
        machine.use_tensorrt(generation)
        first = open_session(precision).run(image)
        np.testing.assert_array_equal(open_session(precision).run(image), first)
        assert len(machine.jobs) == 1


@pytest.mark.parametrize('precision', ['fp32', 'fp16'])
@pytest.mark.parametrize('generation', GENERATIONS)
class TestVoice:
    """A model with a second input and a second output."""

    BASELINE = np.float32([0.3, -0.2, 0.1, 0.4, 0.5])

    @pytest.fixture
    def voice_folder(self, tmp_path):
        folder = tmp_path / 'voice'
        folder.mkdir()
        write_voice_model(folder / 'fp32.onnx')
        return folder

    def test_answers_with_and_without_a_baseline(self, machine, open_session, voice_folder,
                                                 generation, precision, image):
        trt = machine.use_tensorrt(generation)
        session = open_session(precision, voice_folder)
        for baseline in (self.BASELINE, None, self.BASELINE):
            for found, expected in zip(
                    session.answer(image, baseline), voice_answer(image, baseline)):
                np.testing.assert_allclose(found, expected, atol=0.02)
        record, = trt.built
        assert (record['shape'], record['second shape']) == ([1, *SHAPE], [1, VOICE_SIZE + 1])
        session.close()
        assert not machine.cuda.memory

    def test_answers_are_copies(self, machine, open_session, voice_folder, generation, precision,
                                image):
        machine.use_tensorrt(generation)
        session = open_session(precision, voice_folder)
        first = session.answer(image)
        kept = first.voice.copy()
        session.answer(image + np.float32(0.5), self.BASELINE)
        np.testing.assert_array_equal(first.voice, kept)


@pytest.mark.parametrize('generation', GENERATIONS)
class TestThreads:
    def test_opened_run_and_closed_in_three_threads(self, machine, open_session, generation, image,
                                                    expected_logits):
        machine.use_tensorrt(generation)
        session = in_thread(lambda: open_session('fp32'))
        logits = in_thread(lambda: session.run(image))
        np.testing.assert_allclose(logits, expected_logits, atol=1e-4)
        in_thread(session.close)
        assert not machine.cuda.memory

    def test_switches_under_an_inference_engine(self, machine, open_session, generation, image):
        machine.use_tensorrt(generation)
        switched = threading.Event()
        answered = []
        done = {'first': threading.Event(), 'last': threading.Event()}

        def on_result(item, probabilities, classifier):
            answered.append((item, classifier.session.precision))
            done[item].set()

        def fail(item, error):
            raise AssertionError(error)

        engine = InferenceThread(
            Classifier(open_session('fp32')),
            ask=lambda _, classifier: classifier.probabilities(image), on_result=on_result,
            on_failed=fail, on_switched=lambda *_: switched.set(), on_switch_failed=fail)
        engine.submit('first')
        assert done['first'].wait(120)
        engine.switch('fp16', lambda: Classifier(open_session('fp16')))
        assert switched.wait(120)
        engine.submit('last')
        assert done['last'].wait(120)
        engine.close()
        assert answered == [('first', 'fp32'), ('last', 'fp16')]
        assert not machine.cuda.memory


def in_thread(function):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(function()))
    thread.start()
    thread.join(300)
    return answers[0]


class TestFakes:
    def test_a_thread_without_a_context_is_refused(self, machine, open_session, image):
        machine.use_tensorrt('8.6')
        session = open_session('fp32')
        context = session._engine._context
        with pytest.raises(fake_cuda.CudaError, match='invalid device context'):
            context.execute_async_v2(session._engine._bindings, 0)

    @pytest.mark.parametrize(('generation', 'owner', 'name'), [
        ('8.2', 'ICudaEngine', 'num_io_tensors'), ('8.2', 'IExecutionContext', 'execute_async_v3'),
        ('8.2', 'IExecutionContext', 'set_tensor_address'),
        ('8.2', 'IBuilderConfig', 'set_memory_pool_limit'),
        ('8.2', 'IBuilderConfig', 'progress_monitor'), ('8.6', 'IBuilderConfig',
                                                        'progress_monitor'),
        ('10', 'ICudaEngine', 'num_bindings'), ('10', 'IExecutionContext', 'execute_async_v2'),
        ('10', 'IBuilderConfig', 'max_workspace_size'), ('11', 'ILayer', 'precision'),
        ('11', 'Builder', 'platform_has_fast_fp16'), ('11', 'ICudaEngine', 'get_binding_shape')])
    def test_a_call_that_a_generation_does_not_have(self, machine, open_session, generation, owner,
                                                    name):
        trt = machine.use_tensorrt(generation)
        assert not hasattr(getattr(trt, owner), name)
        instance = object.__new__(getattr(trt, owner))
        with pytest.raises(AttributeError):
            getattr(instance, name)
        with pytest.raises(AttributeError):
            setattr(instance, name, 1)

    @pytest.mark.parametrize(('generation', 'missing'), [
        ('11', 'FP16'), ('11', 'INT8'), ('rtx', 'FP16')])
    def test_a_flag_that_a_generation_does_not_have(self, machine, generation, missing):
        trt = machine.use_tensorrt(generation)
        with pytest.raises(AttributeError):
            getattr(trt.BuilderFlag, missing)

    def test_the_adapter_with_the_wrong_generations_call_fails(self, machine, open_session,
                                                               monkeypatch):
        machine.use_tensorrt('10')
        monkeypatch.setattr(compile, 'set_workspace', lambda trt, config, size: setattr(
            config, 'max_workspace_size', size))
        with pytest.raises(SerError, match='AttributeError: .*max_workspace_size'):
            open_session('fp32')

    def test_a_listed_name_that_is_not_faked(self, machine):
        trt = machine.use_tensorrt('10')
        assert 'refittable' in SURFACE['10']['classes']['ICudaEngine']
        with pytest.raises(NotImplementedError):
            object.__new__(trt.ICudaEngine).refittable  # noqa: B018

    def test_flags_and_types_together_build_nothing(self, machine, open_session, monkeypatch):
        machine.use_tensorrt('10')
        monkeypatch.setattr(
            compile, '_set_precision', lambda trt, net, config, precision: config.set_flag(
                trt.BuilderFlag.FP16))
        with pytest.raises(SerError, match='cannot build'):
            open_session('fp16')


class TestPrecision:
    @pytest.mark.parametrize('generation', GENERATIONS)
    def test_wrong_precision_is_an_error(self, machine, open_session, generation, monkeypatch,
                                         tiny_folder):
        """As the flag that is missing in 11: what is asked for is silently not done."""
        machine.use_tensorrt(generation)
        monkeypatch.setattr(compile, '_set_precision', lambda *_: None)
        monkeypatch.setattr(source_model, 'prepare', lambda paths, *_: source_model.Prepared(
            paths['fp32'], paths['fp32'], False))
        with pytest.raises(SerError, match='built fp32, but fp16 was requested'):
            open_session('fp16')
        assert not list((tiny_folder.parent / 'engines').glob('*.engine'))

    def test_stored_engine_of_another_precision_is_built_anew(self, machine, open_session):
        machine.use_tensorrt('10')
        session = open_session('fp32')
        path, = engines(machine)
        key = engine_file.read(path, machine.jobs[0].key)
        other = key.plan.replace(b'"precision": "fp32"', b'"precision": "fp16"')
        engine_file.write(path, key._replace(plan=other))
        session.close()
        assert open_session('fp32').precision == 'fp32'
        assert len(machine.jobs) == 2
        assert any('computes in fp16, but fp32 was requested' in step for step, _ in machine.steps)

    @pytest.mark.parametrize('generation', GENERATIONS)
    def test_fp16_is_made_where_the_model_does_not_store_it(self, machine, open_session,
                                                            generation, tiny_folder, image,
                                                            expected_logits):
        (tiny_folder / 'fp16.onnx').unlink()
        write_model(tiny_folder / 'fp32.onnx', stored_only=True)
        machine.use_tensorrt(generation)
        for precision in 'fp32', 'fp16':
            session = open_session(precision)
            assert session.precision == precision
            np.testing.assert_allclose(session.run(image), expected_logits, atol=0.01)

    @pytest.mark.parametrize(('capability', 'offered'), [
        ((5, 3), ('fp32', 'fp16')), ((6, 1), ('fp32', 'int8')), ((8, 7), PRECISIONS)])
    def test_offered_by_the_gpu(self, machine, tiny_folder, capability, offered):
        machine.gpu = driver.Gpu('Board', capability)
        assert TensorRTBackend().precisions(Model(str(tiny_folder))) == offered

    def test_offered_by_the_model(self, machine, tiny_folder):
        (tiny_folder / 'int8.onnx').unlink()
        (tiny_folder / 'fp16.onnx').unlink()
        assert TensorRTBackend().precisions(Model(str(tiny_folder))) == ('fp32', 'fp16')
        (tiny_folder / 'fp32.onnx').rename(tiny_folder.parent / 'tiny.onnx')
        write_model(tiny_folder / 'fp16.onnx', 'fp16')
        assert TensorRTBackend().precisions(Model(str(tiny_folder))) == ('fp16',)

    def test_builder_knows_better(self, machine, open_session):
        machine.use_tensorrt('8.2', fast_fp16=False)
        with pytest.raises(SerError, match='no fast fp16'):
            open_session('fp16')

    @pytest.mark.parametrize(('generation', 'precision', 'needed'), [
        ('8.2', 'fp16', False), ('11', 'fp16', True), ('8.2', 'int8', True)])
    def test_without_onnx(self, machine, tiny_folder, monkeypatch, generation, precision, needed):
        (tiny_folder / 'fp16.onnx').unlink()
        paths = {name: str(tiny_folder / (name + '.onnx')) for name in ('fp32', 'int8')}
        monkeypatch.setitem(sys.modules, 'onnx', None)
        trt = machine.use_tensorrt(generation)

        def prepare():
            return source_model.prepare(paths, precision, compile.is_strongly_typed(trt), 'out')

        if needed:
            with pytest.raises(SerError, match='pip install onnx'):
                prepare()
        else:
            assert prepare() == source_model.Prepared(paths['fp32'], paths['fp32'], False)


class TestStoredEngines:
    @pytest.mark.parametrize(('change', 'reason'), [
        (lambda data: data[:-1], 'damaged'),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), 'damaged'),
        (lambda data: b'', 'not an engine file'),
        (lambda data: b'something else', 'not an engine file'),
        (lambda data: data.replace(b'"workspace_mib": 32', b'"workspace_mib": 64'),
         'built for workspace_mib 64 (needed: 32)'),
        (lambda data: data.replace(b'Fake GPU', b'Nano GPU'), 'built for gpu'),
        (lambda data: data.replace(b'"sha256"', b'"sha"'), 'not an engine file')])
    def test_broken_or_foreign(self, machine, open_session, image, expected_logits, change, reason):
        machine.use_tensorrt('8.6')
        open_session('fp32').close()
        path, = engines(machine)
        with open(path, 'rb') as file:
            data = file.read()
        with open(path, 'wb') as file:
            file.write(change(data))
        np.testing.assert_allclose(open_session('fp32').run(image), expected_logits, atol=1e-4)
        assert len(machine.jobs) == 2
        assert any(reason in step for step, _ in machine.steps), machine.steps

    def test_another_version_replaces_the_file(self, machine, open_session):
        machine.use_tensorrt('8.2')
        open_session('fp32').close()
        machine.use_tensorrt('8.6')
        open_session('fp32').close()
        assert len(engines(machine)) == 1 and len(machine.jobs) == 2
        assert any("version '8.2.1' (needed: '8.6.1')" in step for step, _ in machine.steps)

    def test_plan_that_tensorrt_refuses(self, machine, open_session):
        machine.use_tensorrt('10')
        open_session('fp32').close()
        path, = engines(machine)
        content = engine_file.read(path, machine.jobs[0].key)
        engine_file.write(path, content._replace(plan=b'of an older driver'))
        open_session('fp32').close()
        assert any('cannot load the engine' in step and 'of another version' in step
                   for step, _ in machine.steps)

    @pytest.mark.parametrize('answer', [
        {'probabilities': [0.2, 0.3, 0.5]}, {'probabilities': [0.5, 0.5]}, {},
        {'probabilities': 'many'}, {'probabilities': [None] * 3}, {'probabilities': {}}])
    def test_answer_unlike_onnx_runtimes(self, machine, open_session, answer):
        machine.use_tensorrt('10')
        open_session('fp32').close()
        path, = engines(machine)
        content = engine_file.read(path, machine.jobs[0].key)
        engine_file.write(path, content._replace(check=answer))
        open_session('fp32').close()
        assert len(machine.jobs) == 2
        assert engine_file.read(path, machine.jobs[0].key).check == content.check

    def test_new_engine_that_answers_wrong_is_an_error(self, machine, open_session, monkeypatch):
        machine.use_tensorrt('10')
        monkeypatch.setattr(builder_process.reference, 'ask', lambda *_: {
            'probabilities': [0.2, 0.3, 0.5]})
        with pytest.raises(SerError, match='differs from ONNX Runtime by'):
            open_session('fp32')
        assert not machine.cuda.memory

    def test_failed_build_keeps_the_engine_of_before(self, machine, open_session, monkeypatch):
        machine.use_tensorrt('10')
        open_session('fp32').close()
        path, = engines(machine)
        with open(path, 'rb') as file:
            before = file.read()
        machine.options = machine.options._replace(workspace_mib=64)
        monkeypatch.setattr(compile, 'build', _fail)
        with pytest.raises(SerError, match='too little memory'):
            open_session('fp32')
        with open(path, 'rb') as file:
            assert file.read() == before

    def test_too_little_memory_on_the_gpu_does_not_cost_the_engine(self, machine, open_session):
        machine.use_tensorrt('10')
        open_session('fp32').close()
        machine.cuda.largest_allocation = 1
        with pytest.raises(SerError, match='out of memory'):
            open_session('fp32')
        assert len(machine.jobs) == 1 and engines(machine)
        assert not machine.cuda.memory and machine.cuda.depth == 0

    def test_timings_are_used_again_until_they_are_foreign(self, machine, open_session):
        trt = machine.use_tensorrt('10')
        open_session('fp32').close()
        with open(machine.jobs[0].timing_cache, 'rb') as file:
            stored = file.read()
        assert stored == b'timings of 10'
        config = trt.IBuilderConfig()
        assert compile._use_timing_cache(config, stored)._content == stored
        assert compile._use_timing_cache(config, b'timings of 8.6')._content == b''

    @pytest.mark.parametrize('generation', GENERATIONS[:-1])
    def test_timings_that_tensorrt_cannot_read_cost_nothing(self, machine, open_session, generation,
                                                            monkeypatch):
        """As after a loss of power: neither a refusal nor no cache at all ends the build."""
        trt = machine.use_tensorrt(generation)
        open_session('fp32').close()
        with open(machine.jobs[0].timing_cache, 'wb') as file:
            file.write(b'half of the tim')
        create = trt.IBuilderConfig.create_timing_cache
        monkeypatch.setattr(trt.IBuilderConfig, 'create_timing_cache', lambda self, content: (
            None if content.startswith(b'half') else create(self, content)))
        open_session('fp16').close()
        with open(machine.jobs[1].timing_cache, 'rb') as file:
            assert file.read().startswith(b'timings of')

    @pytest.mark.parametrize(('precision', 'difference', 'good'), [
        ('fp32', 9e-4, True), ('fp32', 2e-3, False), ('fp16', 9e-3, True), ('fp16', 1.1e-2, False),
        ('int8', 4e-2, True), ('int8', 6e-2, False)])
    def test_how_far_an_answer_may_be(self, precision, difference, good):
        expected = np.array([0.2, 0.3, 0.5])
        logits = np.log(expected + np.array([difference, 0., -difference])) * 1.5
        answer = {'probabilities': list(expected)}
        if good:
            assert reference.check(answer, logits, 1.5, precision) == pytest.approx(
                difference, abs=1e-6)
        else:
            with pytest.raises(UnusableEngine, match='differs from ONNX Runtime by'):
                reference.check(answer, logits, 1.5, precision)

    @pytest.mark.parametrize('value', [np.nan, np.inf])
    def test_engine_that_answers_nonsense(self, machine, open_session, monkeypatch, value):
        machine.use_tensorrt('10')
        monkeypatch.setattr(running_engine.RunningEngine, 'run',
                            lambda self, image: np.float32([value, 0., 0.]))
        with pytest.raises(SerError, match='the engine answers .* to the stored input'):
            open_session('fp16')
        assert not machine.cuda.memory and not machine.cuda.streams

    def test_built_ahead_is_tried_on_the_gpu(self, machine, tiny_folder, monkeypatch):
        machine.use_tensorrt('8.2')
        model = Model(str(tiny_folder))
        path, was_there = build_ahead(model, 'fp16', machine.options)
        assert not was_there and engines(machine) == [path]
        assert build_ahead(model, 'fp16', machine.options) == (path, True)
        assert len(machine.jobs) == 1 and not machine.cuda.memory
        monkeypatch.setattr(
            running_engine.RunningEngine, 'run', lambda *_: np.float32([9., 0., 0.]))
        with pytest.raises(SerError, match='differs from ONNX Runtime by'):
            build_ahead(model, 'fp16', machine.options)


def _fail(*_):
    raise SerError('too little memory')


def engines(machine):
    return glob.glob(machine.options.folder + '/*.engine')


class TestCudaPackages:
    @pytest.mark.parametrize('new_names', [True, False])
    def test_cuda_python(self, machine, open_session, image, expected_logits, new_names):
        machine.use_cuda(fake_cuda.cuda_python_modules(machine.cuda, new_names))
        assert devices.installed() == ['cuda']
        machine.use_tensorrt('10')
        session = in_thread(lambda: open_session('fp32'))
        np.testing.assert_allclose(in_thread(lambda: session.run(image)), expected_logits,
                                   atol=1e-4)
        in_thread(session.close)
        assert not machine.cuda.memory and not machine.cuda.streams

    @pytest.mark.parametrize('modules', [
        fake_cuda.pycuda_modules, fake_cuda.cuda_python_modules])
    def test_errors_of_the_driver(self, machine, open_session, image, modules):
        machine.use_cuda(modules(machine.cuda))
        machine.use_tensorrt('10')
        session = open_session('fp32')
        machine.cuda.largest_allocation = 1
        with pytest.raises(SerError, match='CUDA: out.of.memory'):
            open_session('fp16')
        assert session.run(image).shape == (3,)

    def test_pycuda_that_cannot_be_imported_gives_way(self, machine, open_session, image):
        """As one that was compiled for another CUDA: libcurand.so.10: cannot open ..."""
        modules = dict(fake_cuda.pycuda_modules(machine.cuda))
        modules.update(fake_cuda.cuda_python_modules(machine.cuda))
        modules['pycuda.driver'] = None
        machine.use_cuda(modules)
        machine.use_tensorrt('10')
        assert devices.installed() == ['pycuda', 'cuda']
        assert open_session('fp32').run(image).shape == (3,)

    def test_no_package_that_works(self, machine, open_session, caplog, tiny_folder):
        modules = dict(fake_cuda.pycuda_modules(machine.cuda))
        modules['pycuda.driver'] = None
        machine.use_cuda(modules)
        machine.use_tensorrt('10')
        with pytest.raises(SerError, match='pycuda cannot be imported: '):
            open_session('fp32')
        # With auto there is a backend that works.
        classifier = open_classifier(str(tiny_folder), engines=machine.options)
        assert classifier.session.backend == 'onnxruntime'
        assert 'using onnxruntime because tensorrt failed: pycuda cannot' in caplog.text
        with pytest.raises(SerError, match='pycuda cannot be imported: '):
            open_classifier(str(tiny_folder), 'tensorrt', engines=machine.options)

    def test_cuda_python_without_the_drivers_functions(self, machine, open_session):
        """It looks for them at the first call: RuntimeError('Function "cuInit" not found')."""
        modules = fake_cuda.cuda_python_modules(machine.cuda)

        def missing(*_):
            raise RuntimeError('Function "cuInit" not found')

        modules['cuda.bindings.runtime'].cudaSetDevice = missing
        machine.use_cuda(modules)
        machine.use_tensorrt('10')
        with pytest.raises(SerError, match='CUDA: Function "cuInit" not found'):
            open_session('fp32')

    @pytest.mark.parametrize('modules', [
        fake_cuda.pycuda_modules, fake_cuda.cuda_python_modules])
    def test_closing_after_an_error_that_stays(self, machine, open_session, image, modules,
                                               monkeypatch, tiny_folder):
        """The driver refuses all that follows; the next backend takes over all the same."""
        machine.use_cuda(modules(machine.cuda))
        machine.use_tensorrt('10')
        broken = Classifier(open_session('fp32'))
        switched, answered = threading.Event(), threading.Event()
        engine = InferenceThread(
            broken, ask=lambda _, classifier: classifier.probabilities(image),
            on_result=lambda *_: answered.set(),
            on_failed=lambda *_: None, on_switched=lambda *_: switched.set(),
            on_switch_failed=lambda *_: None)

        def refuse():
            raise fake_cuda.CudaError('an illegal memory access was encountered')

        monkeypatch.setattr(machine.cuda, 'check_context', refuse)
        engine.submit('lost')
        engine.switch('cpu', lambda: open_classifier(str(tiny_folder), 'onnxruntime'))
        assert switched.wait(120) and engine.alive
        engine.submit('served')
        assert answered.wait(120)
        engine.close()
        assert broken.session._engine._context is None

    def test_none(self, machine):
        machine.use_cuda({})
        assert devices.installed() == []
        machine.use_tensorrt('10')
        assert 'neither pycuda nor cuda-python' in TensorRTBackend().unavailable_reason()


class TestAvailability:
    def test_all_there(self, machine):
        machine.use_tensorrt('8.2')
        assert TensorRTBackend().unavailable_reason() is None
        assert choose_backend('auto') is BACKENDS['tensorrt']

    def test_no_tensorrt(self, machine, monkeypatch):
        for name in module.MODULES:
            monkeypatch.setitem(sys.modules, name, None)
        assert 'TensorRT is not installed' in TensorRTBackend().unavailable_reason()
        assert choose_backend('auto').name == 'onnxruntime'
        with pytest.raises(SerError, match='TensorRT is not installed'):
            module.load()

    @pytest.mark.parametrize(('library', 'reason'), [
        (None, 'there is no NVIDIA driver'), ((100, 0), 'finds no GPU'), ((0, 0), 'finds no GPU'),
        ((999, 1), 'does not work .CUDA error 999')])
    def test_driver(self, monkeypatch, library, reason):
        monkeypatch.setattr(driver.ctypes, 'CDLL', fake_driver(library))
        with pytest.raises(SerError, match=reason):
            driver.first_gpu()

    def test_gpu(self, monkeypatch):
        monkeypatch.setattr(driver.ctypes, 'CDLL', fake_driver((0, 1)))
        assert driver.first_gpu() == driver.Gpu('NVIDIA Tegra X1', (5, 3))

    @pytest.mark.parametrize('kind', ['Builder', 'Runtime'])
    def test_tensorrt_that_cannot_start_cuda(self, machine, open_session, kind):
        """What createInferBuilder's null pointer is to Python."""
        def refuse(logger):
            raise TypeError('pybind11::init(): factory function returned nullptr')

        setattr(machine.use_tensorrt('10'), kind, refuse)
        with pytest.raises(SerError, match='cannot start CUDA.*factory function returned nullptr'):
            open_session('fp32')
        assert not machine.cuda.memory and machine.cuda.depth == 0

    def test_folder_that_is_called_tensorrt(self, monkeypatch, tmp_path):
        (tmp_path / 'tensorrt').mkdir()
        monkeypatch.delitem(sys.modules, 'tensorrt', raising=False)
        monkeypatch.setattr(module, 'MODULES', ('tensorrt',))
        monkeypatch.syspath_prepend(str(tmp_path))
        with pytest.raises(SerError, match='module tensorrt is not TensorRT'):
            module.load()
        sys.modules.pop('tensorrt', None)

    @pytest.mark.parametrize('text', [
        'import no_such_module_of_tensorrt', 'raise OSError("libnvinfer.so.8: cannot open")',
        'raise RuntimeError("compiled for another NumPy")'])
    def test_tensorrt_that_cannot_be_imported(self, monkeypatch, tmp_path, text):
        (tmp_path / 'tensorrt.py').write_text(text)
        monkeypatch.delitem(sys.modules, 'tensorrt', raising=False)
        monkeypatch.setattr(module, 'MODULES', ('tensorrt',))
        monkeypatch.syspath_prepend(str(tmp_path))
        with pytest.raises(SerError, match='tensorrt is installed but cannot be imported: '):
            module.load()

    def test_no_driver_names_the_reason_and_imports_nothing(self, machine, monkeypatch):
        def no_driver():
            raise SerError('there is no NVIDIA driver')

        machine.use_tensorrt('10')
        monkeypatch.setattr(driver, 'first_gpu', no_driver)
        monkeypatch.setattr(module.importlib, 'import_module', no_driver)
        assert TensorRTBackend().unavailable_reason() == 'there is no NVIDIA driver'
        assert choose_backend('auto').name == 'onnxruntime'


def fake_driver(answers):
    """Return a CDLL of the driver: None for none, else (code of cuInit, number of devices)."""
    def load(name):
        assert name == 'libcuda.so.1'
        if answers is None:
            raise OSError('libcuda.so.1: cannot open shared object file')
        return Driver()

    class Driver:
        def cuInit(self, flags):
            return answers[0]

        def cuDeviceGetCount(self, count):
            count._obj.value = answers[1]
            return 0

        def cuDeviceGet(self, device, index):
            device._obj.value = index
            return 0

        def cuDeviceGetName(self, name, size, device):
            name.value = b'NVIDIA Tegra X1'
            return 0

        def cuDeviceGetAttribute(self, value, attribute, device):
            value._obj.value = {75: 5, 76: 3}[attribute]
            return 0

    return load


def test_session_names_what_failed(machine, open_session, image, monkeypatch):
    machine.use_tensorrt('10')
    session = open_session('fp32')
    monkeypatch.setattr(session._engine._context, '_compute', lambda *_: False)
    with pytest.raises(SerError, match='TensorRT failed on tiny in fp32: TensorRT cannot run'):
        session.run(image)


def test_engine_of_other_tensors(machine, open_session, monkeypatch):
    machine.use_tensorrt('10')
    monkeypatch.setattr(running_engine.RunningEngine, '_named_tensors', lambda self: [])
    with pytest.raises(SerError, match='must have one input and one output'):
        open_session('fp32')
