# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From an ONNX graph to a serialised engine, with TensorRT 8.2 to 11 and TensorRT for RTX.

What an installation can do is asked of its classes, never of its version number. There are two
kinds of them:

- With ``NetworkDefinitionCreationFlag.STRONGLY_TYPED`` (from 10 on) the types of the ONNX graph
  are what is computed: FP16 needs a graph in FP16. A flag that is merely absent, as in 11, would
  give FP32 without a word.
- Without it (8) the graph is FP32, and builder flags allow FP16 and INT8.
"""

from typing import Any, NamedTuple, Optional, Tuple

from ser_ros.errors import SerError, listed
from ser_ros.inference.tensorrt_engine.module import PORTABLE, create

MIB = 1 << 20
# Layers that multiply by weights; FULLY_CONNECTED is gone in 10.
_WEIGHTED_LAYERS = ('CONVOLUTION', 'FULLY_CONNECTED', 'MATRIX_MULTIPLY')


class Settings(NamedTuple):
    """How an engine is compiled.

    Attributes:
        precision: precision of the layers with weights.
        input_shape: shape of the input with the batch, which is 1.
        workspace_mib: memory for intermediate results [MiB].
        capability: compute capability of the GPU to build for; None for this machine's.
        timing_cache: what earlier builds have measured; b'' for nothing.
        voice_size: of the model; over 0 where the second input is the baseline of a voice.
    """

    precision: str
    input_shape: Tuple[int, ...]
    workspace_mib: int
    capability: Optional[Tuple[int, int]] = None
    timing_cache: bytes = b''
    voice_size: int = 0


class Built(NamedTuple):
    """The serialised engine, and what was measured on the way (b'' where that is not offered)."""

    plan: bytes
    timing_cache: bytes


def is_strongly_typed(trt: Any) -> bool:
    """Return whether the graph's types decide on the precision, not the builder's flags."""
    return hasattr(trt.NetworkDefinitionCreationFlag, 'STRONGLY_TYPED')


def build(trt: Any, logger: Any, graph: bytes, settings: Settings, monitor: Any = None) -> Built:
    """Build an engine; takes seconds to minutes.

    Args:
        graph: a serialised ONNX model; where the types decide, of the precision of ``settings``.
        monitor: a trt.IProgressMonitor or None; see `has_monitor`.

    Raises:
        SerError: if the graph can't be parsed, the GPU has no fast arithmetic of this precision, or
            the builder gives up; the reason is in the log.
    """
    builder = create(trt.Builder, logger)
    _check_platform(builder, settings.precision)
    network = builder.create_network(_network_flags(trt))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(graph):
        raise SerError(f'TensorRT cannot parse the model: {_parser_errors(parser)}')
    network.get_input(0).shape = settings.input_shape
    if settings.voice_size:
        network.get_input(1).shape = (1, settings.voice_size + 1)
    config = builder.create_builder_config()
    set_workspace(trt, config, settings.workspace_mib * MIB)
    _set_precision(trt, network, config, settings.precision)
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED  # names the layers' types
    # TensorRT for RTX measures nothing: it chooses when the engine is loaded.
    measures = trt.__name__ not in PORTABLE
    cache = _use_timing_cache(config, settings.timing_cache) if measures else None
    if settings.capability is not None:
        _set_capability(trt, config, settings.capability)
    if monitor is not None:
        config.progress_monitor = monitor
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise SerError(f'TensorRT cannot build the engine in {settings.precision}')
    return Built(bytes(plan), b'' if cache is None else bytes(cache.serialize()))


def has_monitor(trt: Any) -> bool:
    """Return whether a build can report its progress (from 10 on)."""
    return hasattr(trt, 'IProgressMonitor') and hasattr(trt.IBuilderConfig, 'progress_monitor')


def set_workspace(trt: Any, config: Any, size_bytes: int) -> None:
    """Bound the memory for intermediate results."""
    if hasattr(config, 'set_memory_pool_limit'):  # from 8.4
        config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, size_bytes)
    else:
        config.max_workspace_size = size_bytes


def can_target(trt: Any) -> bool:
    """Return whether an engine can be built for a GPU that is not in this machine."""
    return hasattr(trt, 'ComputeCapability') and hasattr(
        trt.IBuilderConfig, 'set_compute_capability')


def targets(trt: Any) -> Tuple[str, ...]:
    """Return the compute capabilities, such as '8.6', that can be named; () for none."""
    if not can_target(trt):
        return ()
    names = [name[2:] for name in trt.ComputeCapability.__members__ if name.startswith('SM')]
    return tuple(f'{name[:-1]}.{name[-1]}' for name in names)


def _network_flags(trt: Any) -> int:
    flags = 0
    for name in 'EXPLICIT_BATCH', 'STRONGLY_TYPED':
        flag = getattr(trt.NetworkDefinitionCreationFlag, name, None)
        if flag is not None:
            flags |= 1 << int(flag)
    return flags


def _check_platform(builder: Any, precision: str) -> None:
    # Gone in 11, all of whose GPUs have both.
    fast = {'fp32': True,
            'fp16': getattr(builder, 'platform_has_fast_fp16', True),
            'int8': getattr(builder, 'platform_has_fast_int8', True)}
    if not fast[precision]:
        raise SerError(f'this GPU has no fast {precision} arithmetic')


def _parser_errors(parser: Any) -> str:
    texts = []
    for index in range(parser.num_errors):
        error = parser.get_error(index)
        operator = error.node_operator() if hasattr(error, 'node_operator') else ''  # from 10 on
        texts.append(' '.join(f'{operator} {error.desc()}'.split()))
    return '; '.join(texts) or 'no reason given'


def _set_precision(trt: Any, network: Any, config: Any, precision: str) -> None:
    if hasattr(trt.BuilderFlag, 'TF32'):
        config.clear_flag(trt.BuilderFlag.TF32)  # 10 bits of mantissa are not FP32
    if is_strongly_typed(trt) or precision == 'fp32':
        return
    if precision == 'int8':
        config.set_flag(trt.BuilderFlag.INT8)
        return
    config.set_flag(trt.BuilderFlag.FP16)
    # The flag alone only allows it: a layer that is as fast in FP32 would stay there.
    config.set_flag(trt.BuilderFlag.PREFER_PRECISION_CONSTRAINTS)
    kinds = [getattr(trt.LayerType, name) for name in _WEIGHTED_LAYERS
             if hasattr(trt.LayerType, name)]
    for index in range(network.num_layers):
        layer = network.get_layer(index)
        if layer.type in kinds:
            layer.precision = trt.float16


def _use_timing_cache(config: Any, stored: bytes) -> Any:
    """Give the builder what was measured before, if it is of this GPU and version; return it."""
    cache = config.create_timing_cache(stored) if stored else None
    # None where it cannot be read, refused where it is foreign.
    if cache is None or not config.set_timing_cache(cache, False):
        cache = config.create_timing_cache(b'')
        config.set_timing_cache(cache, False)
    return cache


def _set_capability(trt: Any, config: Any, capability: Tuple[int, int]) -> None:
    name = 'SM{}{}'.format(*capability)
    if not can_target(trt) or not hasattr(trt.ComputeCapability, name):
        raise SerError(
            f'{trt.__name__} on this machine cannot build for the compute capability '
            f'{capability[0]}.{capability[1]}; allowed: {listed(targets(trt))}')
    config.num_compute_capabilities = 1
    config.set_compute_capability(getattr(trt.ComputeCapability, name), 0)
