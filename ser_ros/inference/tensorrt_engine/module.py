# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The TensorRT that is installed: its Python module, version and log."""

import importlib
import importlib.util
from typing import Any, Callable, List, Optional

from ser_ros.errors import SerError

# TensorRT of boards and data centres, then TensorRT for RTX of desktops; the same interface.
MODULES = ('tensorrt', 'tensorrt_rtx')
# Engines of these run on every GPU of the compute capability that they were built for.
PORTABLE = ('tensorrt_rtx',)

OnLine = Callable[[str, str], None]


def installed() -> Optional[str]:
    """Return the name of the first module that is there, or None; imports none."""
    for name in MODULES:
        if importlib.util.find_spec(name) is not None:
            return name
    return None


def load() -> Any:
    """Import the first of MODULES that works.

    Raises:
        SerError: if none is there, or what is there is broken.
    """
    reasons: List[str] = []
    for name in MODULES:
        if importlib.util.find_spec(name) is None:
            continue
        try:
            module = importlib.import_module(name)
        except (ImportError, OSError, RuntimeError) as error:
            reasons.append(f'{name} is installed but cannot be imported: {error}')
            continue
        if hasattr(module, 'Builder'):
            return module
        # Python takes any folder of this name for a package.
        reasons.append(f'the Python module {name} is not TensorRT: it has no Builder')
    raise SerError('; '.join(reasons) or 'TensorRT is not installed: there is no Python module '
                   + ' or '.join(MODULES))


def create(factory: Any, logger: Any) -> Any:
    """Return a new trt.Builder or trt.Runtime.

    Raises:
        SerError: if TensorRT refuses, as it does where CUDA does not start; the log says why.
    """
    try:
        return factory(logger)
    except TypeError as error:  # pybind11::init(): factory function returned nullptr
        raise SerError('TensorRT cannot start CUDA; check the memory and the version of the driver '
                       f'({error})') from error


def make_logger(trt: Any, on_line: OnLine) -> Any:
    """Return a logger for TensorRT.

    Args:
        on_line: ``(severity, text)``, such as 'WARNING'; called in any thread.
    """
    class Logger(trt.ILogger):
        def __init__(self) -> None:
            trt.ILogger.__init__(self)  # pybind11 asks for this form

        def log(self, severity: Any, msg: str) -> None:
            on_line(severity.name, msg)

    return Logger()
