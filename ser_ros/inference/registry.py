# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The backends by name, and which of them `auto` takes."""

from typing import Dict

from ser_ros.errors import SerError
from ser_ros.inference.backend import Backend
from ser_ros.inference.onnxruntime_backend import OnnxRuntimeBackend
from ser_ros.inference.pytorch_backend import PytorchBackend
from ser_ros.inference.tensorrt_backend import TensorRTBackend

AUTO = 'auto'
# Every backend's name, in the order in which 'auto' prefers them.
AUTO_ORDER = ('tensorrt', 'onnxruntime', 'pytorch')
BACKEND_NAMES = (AUTO,) + AUTO_ORDER
# What 'auto' takes where the backend that it prefers is there but cannot open the model.
FALLBACK = 'onnxruntime'

# The backends of this version by name; no runtime is imported before it is used.
BACKENDS: Dict[str, Backend] = {
    backend.name: backend
    for backend in (TensorRTBackend(), OnnxRuntimeBackend(), PytorchBackend())
}


def choose_backend(name: str = AUTO) -> Backend:
    """
    Return the backend of this name, or with 'auto' the first of AUTO_ORDER that works here.

    :raises SerError: if it is unknown or cannot work on this machine; the text says why.
    """
    if name not in BACKEND_NAMES:
        raise SerError(f"unknown backend {name!r}; allowed: {', '.join(BACKEND_NAMES)}")
    reasons = []
    for candidate in AUTO_ORDER if name == AUTO else (name,):
        reason = BACKENDS[candidate].unavailable_reason()
        if reason is None:
            return BACKENDS[candidate]
        reasons.append(f'{candidate}: {reason}')
    raise SerError(f"backend {name!r} does not work on this machine ({'; '.join(reasons)})")


def may_fall_back(name: str) -> bool:
    """Tell whether FALLBACK is to serve if the backend of this name cannot open the model."""
    return name == AUTO and choose_backend(AUTO).name != FALLBACK
