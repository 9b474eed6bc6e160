# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The GPU through pycuda or cuda-python, whichever is installed."""

import contextlib
import importlib.util
from typing import Dict, List

from ser_ros.errors import SerError
from ser_ros.inference.tensorrt_engine.device import Device


def installed() -> List[str]:
    """Return which packages are there, 'pycuda', 'cuda' or both; imports neither."""
    packages = [] if importlib.util.find_spec('pycuda') is None else ['pycuda']
    # cuda is a folder of several packages; the module's name has changed.
    if importlib.util.find_spec('cuda') is not None and any(
            _exists(name) for name in ('cuda.bindings.runtime', 'cuda.cudart')):
        packages.append('cuda')
    return packages


def _exists(name: str) -> bool:
    with contextlib.suppress(ImportError):
        return importlib.util.find_spec(name) is not None
    return False


# By the package behind it.
_devices: Dict[str, Device] = {}


def open_device() -> Device:
    """Return the process' one Device; made at the first call, and kept.

    Raises:
        SerError: if no package is there, or those that are cannot be imported, such as a pycuda
            that was compiled for another CUDA; or if the driver fails.
    """
    reasons = []
    for package in installed():
        try:
            if package not in _devices:
                _devices[package] = _open(package)
            return _devices[package]
        except ImportError as error:
            reasons.append(f'{package} cannot be imported: {error}')
    raise SerError('; '.join(reasons) or 'neither pycuda nor cuda-python is installed')


def _open(package: str) -> Device:
    # Not above: they import what may be missing.
    from ser_ros.inference.tensorrt_engine.cuda_python_device import CudaPythonDevice
    from ser_ros.inference.tensorrt_engine.pycuda_device import PycudaDevice
    return PycudaDevice() if package == 'pycuda' else CudaPythonDevice()
