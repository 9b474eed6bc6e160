# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""NVIDIA's driver, asked through its C interface: is there one, and which GPU has it?

Asked before anything of TensorRT is used, whose Runtime() ends the process where there is none.
Costs no import, so it can be asked in a parameter callback.
"""

import ctypes
from typing import NamedTuple, Tuple

from ser_ros.errors import SerError

LIBRARY = 'libcuda.so.1'
# CUdevice_attribute of cuda.h.
_MAJOR, _MINOR = 75, 76
_NO_DEVICE = 100
_NAME_SIZE = 256


class Gpu(NamedTuple):
    """A GPU: its name, and its compute capability such as (5, 3)."""

    name: str
    capability: Tuple[int, int]


def first_gpu() -> Gpu:
    """Return the GPU that is used: the first that the driver shows.

    CUDA_VISIBLE_DEVICES chooses among several.

    Raises:
        SerError: without a driver, or a GPU.
    """
    try:
        cuda = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise SerError(
            f'there is no NVIDIA driver ({LIBRARY} cannot be loaded); start containers with '
            "NVIDIA's runtime") from error
    count = ctypes.c_int(0)
    code = cuda.cuInit(0) or cuda.cuDeviceGetCount(ctypes.byref(count))
    if code == _NO_DEVICE or (code == 0 and count.value == 0):
        raise SerError('the NVIDIA driver finds no GPU')
    if code:
        raise SerError(f'the NVIDIA driver does not work (CUDA error {code})')
    return _describe(cuda)


def _describe(cuda: ctypes.CDLL) -> Gpu:
    device = ctypes.c_int(0)
    cuda.cuDeviceGet(ctypes.byref(device), 0)
    name = ctypes.create_string_buffer(_NAME_SIZE)
    cuda.cuDeviceGetName(name, _NAME_SIZE, device)
    capability = []
    for attribute in _MAJOR, _MINOR:
        value = ctypes.c_int(0)
        cuda.cuDeviceGetAttribute(ctypes.byref(value), attribute, device)
        capability.append(value.value)
    return Gpu(name.value.decode('utf-8', 'replace'), (capability[0], capability[1]))
