# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The TensorRT that is installed: its Python module, version and log."""

import importlib
import importlib.util
from typing import Any, Callable, Optional

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
    """
    Import the installed module.

    :raises SerError: if there is none, or its libraries are missing.
    """
    name = installed()
    if name is None:
        raise SerError('TensorRT is not installed: there is no Python module {}'.format(
            ' or '.join(MODULES)))
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:
        raise SerError('{} is installed but cannot be imported: {}'.format(name, error)) from error


def make_logger(trt: Any, on_line: OnLine) -> Any:
    """
    Return a logger for TensorRT.

    :param on_line: ``(severity, text)``, such as 'WARNING'; called in any thread.
    """
    class Logger(trt.ILogger):
        def __init__(self) -> None:
            trt.ILogger.__init__(self)  # pybind11 asks for this form

        def log(self, severity: Any, msg: str) -> None:
            on_line(severity.name, msg)

    return Logger()
