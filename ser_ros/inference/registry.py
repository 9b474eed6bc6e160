# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The backends by name, and which of them `auto` takes."""

from typing import Any, Optional

from ser_ros.errors import SerError, listed
from ser_ros.extensions import Registry
from ser_ros.inference.backend import Backend
from ser_ros.inference.model_file import Model

AUTO = 'auto'
# The order in which 'auto' prefers the backends of ser_ros. It takes none of another package.
AUTO_ORDER = ('tensorrt', 'onnxruntime', 'pytorch')
# What 'auto' takes where the backend that it prefers is there but cannot open the model.
FALLBACK = 'onnxruntime'


def _make(name: str, loaded: Any) -> Backend:
    backend = loaded() if isinstance(loaded, type) else loaded
    if not isinstance(backend, Backend) or backend.name != name:
        raise SerError(
            f'the backend {name!r} must be a subclass of Backend with this name, got {loaded!r}')
    return backend


# No runtime is imported before it is used.
BACKENDS: Registry[Backend] = Registry('backend', 'ser_ros.backends', {
    'tensorrt': 'ser_ros.inference.tensorrt_backend:TensorRTBackend',
    'onnxruntime': 'ser_ros.inference.onnxruntime_backend:OnnxRuntimeBackend',
    'pytorch': 'ser_ros.inference.pytorch_backend:PytorchBackend',
}, _make)


def choose_backend(name: str = AUTO, model: Optional[Model] = None) -> Backend:
    """Return the backend of this name, or with 'auto' the first of AUTO_ORDER that works here.

    Args:
        name: of a backend, or 'auto'.
        model: with 'auto', what the backend must be able to run; None for any model.

    Raises:
        SerError: if it is unknown or cannot work on this machine; the text says why.
    """
    if name != AUTO and name not in BACKENDS:
        raise SerError(f'unknown backend {name!r}; allowed: {listed((AUTO, *BACKENDS))}')
    reasons = []
    for candidate in AUTO_ORDER if name == AUTO else (name,):
        backend = BACKENDS[candidate]
        reason = backend.unavailable_reason()
        if reason is None and name == AUTO and model is not None:
            reason = backend.refusal(model)
        if reason is None:
            return backend
        reasons.append(f'{candidate}: {reason}')
    raise SerError(f"backend {name!r} does not work on this machine ({'; '.join(reasons)})")


def may_fall_back(name: str) -> bool:
    """Return whether FALLBACK is to be used if the backend of this name cannot open the model."""
    return name == AUTO and choose_backend(AUTO).name != FALLBACK
