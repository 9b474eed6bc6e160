# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
TensorRT 8.2, 8.6, 10, 11 and for RTX without a GPU: strict about the calls that each of them has.

A generation's classes have the names that are listed in tensorrt_surface.json, which were read
from the real classes (8.2: from the definitions of its Python bindings): a name that is not listed
raises AttributeError, as it does there; a listed one that nobody has needed yet raises
NotImplementedError. Engines compute through ONNX Runtime, from memory of fake_cuda, so that the
numbers are real and a thread without a CUDA context is noticed.
"""

import enum
import json
import os
import types

import numpy as np

with open(os.path.join(os.path.dirname(__file__), 'tensorrt_surface.json')) as _file:
    SURFACE = json.load(_file)
GENERATIONS = tuple(SURFACE)
MAGIC = b'fake engine\n'


class Value:
    """A property that can be set."""

    def __init__(self, default=None):
        self._default = default

    def __set_name__(self, owner, name):
        self._name = '_' + name

    def __get__(self, instance, owner):
        return self if instance is None else getattr(instance, self._name, self._default)

    def __set__(self, instance, value):
        setattr(instance, self._name, value)


class _NotFaked:
    def __init__(self, name):
        self._name = name

    def __get__(self, instance, owner):
        if instance is None:
            return self
        raise NotImplementedError(f'{self._name} is real, but not faked')


def make(generation, cuda, fast_fp16=True, fast_int8=True):
    """
    Return the module ``tensorrt`` of a generation.

    :param cuda: the fake_cuda.Cuda in whose memory its engines compute.
    :return: the module; ``built`` on it is the list of what was built, as dictionaries.
    """
    surface = SURFACE[generation]
    trt = types.ModuleType('tensorrt_rtx' if generation == 'rtx' else 'tensorrt')
    trt.__version__ = surface['version']
    trt.built = []
    for name, members in surface['enums'].items():
        if name != 'Severity':
            setattr(trt, name, enum.IntEnum(name, members, start=0))
    trt.float16 = trt.DataType.HALF
    for name, implementation in _implementations(trt, generation, cuda, fast_fp16,
                                                 fast_int8).items():
        if name in surface['classes']:
            setattr(trt, name, _strict(generation, name, implementation))
    trt.ILogger.Severity = enum.IntEnum('Severity', surface['enums']['Severity'], start=0)
    return trt


def _strict(generation, name, implementation):
    listed = SURFACE[generation]['classes'][name]
    members = {key: value for key, value in vars(implementation).items()
               if (key.startswith('_') and key not in ('__dict__', '__weakref__'))
               or key in listed}
    for key in set(listed) - set(members):
        members[key] = _NotFaked(f'{name}.{key}')

    def set_attribute(self, key, value):
        if not key.startswith('_') and key not in listed:
            raise AttributeError(f'{name} has no {key} in {generation}')
        object.__setattr__(self, key, value)

    members['__setattr__'] = set_attribute
    return type(name, (), members)


def _implementations(trt, generation, cuda, fast_fp16, fast_int8):
    typed = 'STRONGLY_TYPED' in SURFACE[generation]['enums']['NetworkDefinitionCreationFlag']
    needs_batch_flag = generation.startswith('8')

    class ILogger:
        def __init__(self):
            self._ready = True

    class IProgressMonitor:
        def __init__(self):
            self._ready = True

    class IHostMemory:
        def __init__(self, content):
            self._content = content

        def __bytes__(self):
            return self._content

    class ITimingCache:
        def __init__(self, content):
            self._content = content

        def serialize(self):
            return trt.IHostMemory(self._content or b'timings of ' + generation.encode())

    class ITensor:
        shape = Value()

    class ILayer:
        type = Value()
        precision = Value()

        def __init__(self, kind):
            self.type = kind

    class INetworkDefinition:
        def __init__(self, flags):
            self._flags = flags
            self._inputs = [trt.ITensor(), trt.ITensor()]
            self._model = None
            self._layers = []

        def get_input(self, index):
            return self._inputs[index]

        @property
        def num_layers(self):
            return len(self._layers)

        def get_layer(self, index):
            return self._layers[index]

    class ParserError:
        def __init__(self, text):
            self._text = text

        def desc(self):
            return self._text

        def node_operator(self):
            return ''

    class OnnxParser:
        def __init__(self, network, logger):
            assert logger._ready
            self._network = network
            self._errors = []

        def parse(self, content):
            import onnx
            try:
                model = onnx.load_model_from_string(content)
                self._errors = _refused(model, typed)
            except Exception as error:  # protobuf's class has moved between versions
                self._errors = [f'no model: {error}']
            if needs_batch_flag and not self._network._flags & (
                    1 << trt.NetworkDefinitionCreationFlag.EXPLICIT_BATCH):
                self._errors.append('the network must have explicit batch')
            if self._errors:
                return False
            self._network._model = content
            kinds = {'Conv': 'CONVOLUTION', 'Gemm': 'MATRIX_MULTIPLY',
                     'MatMul': 'MATRIX_MULTIPLY'}
            self._network._layers = [
                trt.ILayer(trt.LayerType[kinds.get(node.op_type, 'ACTIVATION')])
                for node in model.graph.node]
            return True

        @property
        def num_errors(self):
            return len(self._errors)

        def get_error(self, index):
            return trt.ParserError(self._errors[index])

    class IBuilderConfig:
        max_workspace_size = Value(0)
        profiling_verbosity = Value()
        progress_monitor = Value()
        num_compute_capabilities = Value(0)

        def __init__(self):
            self._flags_set = {trt.BuilderFlag.TF32}
            self._pools = {}
            self._capabilities = {}
            self._cache = None

        def set_flag(self, flag):
            self._flags_set.add(trt.BuilderFlag(flag))

        def clear_flag(self, flag):
            self._flags_set.discard(trt.BuilderFlag(flag))

        def set_memory_pool_limit(self, pool, size):
            self._pools[trt.MemoryPoolType(pool)] = size

        def create_timing_cache(self, content):
            return trt.ITimingCache(content)

        def set_timing_cache(self, cache, ignore_mismatch):
            good = not cache._content or cache._content.endswith(generation.encode())
            self._cache = cache if good else None
            return good

        def set_compute_capability(self, capability, index):
            self._capabilities[index] = trt.ComputeCapability(capability)

    class Builder:
        platform_has_fast_fp16 = Value(fast_fp16)
        platform_has_fast_int8 = Value(fast_int8)

        def __init__(self, logger):
            assert logger._ready
            self._logger = logger

        def create_network(self, flags=0):
            known = sum(1 << int(flag) for flag in trt.NetworkDefinitionCreationFlag)
            assert not flags & ~known
            return trt.INetworkDefinition(flags)

        def create_builder_config(self):
            return trt.IBuilderConfig()

        def build_serialized_network(self, network, config):
            strong = typed and network._flags & (
                1 << trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
            flags = {flag.name for flag in config._flags_set}
            if strong and flags & {'FP16', 'INT8', 'PREFER_PRECISION_CONSTRAINTS'}:
                self._logger.log(trt.ILogger.Severity.ERROR, 'flags and STRONGLY_TYPED')
                return None
            if getattr(config, 'progress_monitor', None) is not None:
                config.progress_monitor.phase_start('Building', None, 2)
                config.progress_monitor.step_complete('Building', 0)
                config.progress_monitor.phase_finish('Building')
            pools = getattr(config, '_pools', {})
            record = {
                'generation': generation, 'flags': sorted(flags), 'strong': bool(strong),
                'precision': _computed(network._model, flags, strong),
                'detailed': config.profiling_verbosity == trt.ProfilingVerbosity.DETAILED,
                'workspace': max(list(pools.values()) + [getattr(
                    config, '_max_workspace_size', 0)]),
                'layers': [str(layer._precision) for layer in network._layers
                           if hasattr(layer, '_precision')],
                'shape': list(network._inputs[0].shape or ()),
                'second shape': list(network._inputs[1].shape or ())}
            trt.built.append(record)
            return trt.IHostMemory(
                MAGIC + json.dumps(record).encode() + b'\n' + network._model)

    class Runtime:
        def __init__(self, logger):
            cuda.check_context()
            self._logger = logger

        def deserialize_cuda_engine(self, content):
            cuda.check_context()
            parts = content.split(b'\n', 2)
            if not content.startswith(MAGIC) or json.loads(parts[1])['generation'] != generation:
                self._logger.log(trt.ILogger.Severity.ERROR, 'the plan is of another version')
                return None
            return trt.ICudaEngine(json.loads(parts[1]), parts[2])

    class EngineInspector:
        def __init__(self, record):
            self._record = record

        def get_engine_information(self, layer_format):
            assert layer_format == trt.LayerInformationFormat.JSON
            if not self._record['detailed']:
                return json.dumps({'Layers': ['conv1', 'fc']})
            kind = {'fp32': 'Float', 'fp16': 'Half', 'int8': 'Int8'}[self._record['precision']]
            return json.dumps({'Layers': [
                {'Name': 'fc', 'Weights': {'Type': kind, 'Count': 48},
                 'Bias': {'Type': 'Float', 'Count': 3}}]})

    class ICudaEngine:
        def __init__(self, record, model):
            cuda.check_context()
            import onnxruntime
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            self._record = record
            self._session = onnxruntime.InferenceSession(
                model, options, providers=['CPUExecutionProvider'])
            self._tensors = [(tensor.name, tuple(tensor.shape), is_input)
                             for is_input, tensors in ((True, self._session.get_inputs()),
                                                       (False, self._session.get_outputs()))
                             for tensor in tensors]

        @property
        def num_bindings(self):
            return len(self._tensors)

        num_io_tensors = num_bindings

        def get_binding_name(self, index):
            return self._tensors[index][0]

        get_tensor_name = get_binding_name

        def get_binding_shape(self, index):
            return self._tensors[index][1]

        def binding_is_input(self, index):
            return self._tensors[index][2]

        def get_tensor_shape(self, name):
            return self._named(name)[1]

        def get_tensor_mode(self, name):
            return trt.TensorIOMode.INPUT if self._named(name)[2] else trt.TensorIOMode.OUTPUT

        def _named(self, name):
            return next(tensor for tensor in self._tensors if tensor[0] == name)

        def create_execution_context(self):
            cuda.check_context()
            return trt.IExecutionContext(self)

        def create_engine_inspector(self):
            return trt.EngineInspector(self._record)

    class IExecutionContext:
        def __init__(self, engine):
            self._engine = engine
            self._addresses = {}

        def set_tensor_address(self, name, address):
            self._addresses[name] = address
            return True

        def execute_async_v3(self, stream_handle):
            return self._compute([self._addresses[name] for name, _, _ in self._engine._tensors],
                                 stream_handle)

        def execute_async_v2(self, bindings, stream_handle):
            return self._compute(bindings, stream_handle)

        def _compute(self, addresses, stream_handle):
            cuda.check_context()
            assert stream_handle in cuda.streams
            tensors = list(zip(self._engine._tensors, addresses))
            inputs = {name: np.frombuffer(cuda.memory[address], np.float32).reshape(shape)
                      for (name, shape, is_input), address in tensors if is_input}
            outputs = [(name, address) for (name, _, is_input), address in tensors
                       if not is_input]
            answers = self._engine._session.run([name for name, _ in outputs], inputs)
            for (_, address), answer in zip(outputs, answers):
                cuda.memory[address][:] = answer.astype(np.float32).tobytes()
            return True

    return {name: value for name, value in locals().items() if isinstance(value, type)}


def _refused(model, typed):
    """Return what this TensorRT refuses in a graph, of what matters to us."""
    constants = {tensor.name for tensor in model.graph.initializer}
    errors = []
    for node in model.graph.node:
        if node.op_type == 'Cast' and node.input[0] in constants and not typed:
            errors.append('weights behind a Cast: the kernel must be a constant')
        if node.op_type == 'Nonsense':
            errors.append('no importer for Nonsense')
    for tensor in model.graph.initializer:
        if tensor.data_type == 2 and tensor.name.endswith('zero'):
            errors.append('U8 zero point')
    return errors


def _computed(model, flags, strong):
    """Return in what the engine would compute: by its types, or by the flags."""
    import onnx
    graph = onnx.load_model_from_string(model).graph
    if any(node.op_type == 'QuantizeLinear' for node in graph.node) and (
            strong or 'INT8' in flags):
        return 'int8'
    halves = {tensor.name for tensor in graph.initializer
              if tensor.data_type == onnx.TensorProto.FLOAT16}
    half = any(node.op_type in ('Conv', 'Gemm', 'MatMul') and halves & set(node.input)
               for node in graph.node)
    if 'FP16' in flags or (strong and half):
        return 'fp16'
    return 'fp32'
