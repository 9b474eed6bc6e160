# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A GPU's memory and contexts without a GPU, behind pycuda's names and cuda-python's.

As the driver does, it answers every call in a thread without a current context with an error.
"""

import ctypes
import enum
import threading
import types
from importlib.machinery import ModuleSpec

import numpy as np


class CudaError(Exception):
    """pycuda's Error."""


class Cuda:
    """
    What both packages share.

    Attributes
    ----------
    memory: bytearrays by address.
    streams: handles of those that are open.
    stacks: depth of each thread's stack of contexts.

    """

    def __init__(self):
        self.memory = {}
        self.streams = set()
        self.largest_allocation = None
        self._next = 0x1000
        self._local = threading.local()

    @property
    def depth(self):
        """How many contexts are on the stack of this thread."""
        return getattr(self._local, 'depth', 0)

    @depth.setter
    def depth(self, value):
        self._local.depth = value

    def check_context(self):
        """:raises CudaError: if no context is current in the calling thread."""
        if self.depth < 1:
            raise CudaError('invalid device context')

    def allocate(self, size):
        self.check_context()
        if self.largest_allocation is not None and size > self.largest_allocation:
            raise CudaError('out of memory')
        address, self._next = self._next, self._next + 0x100000
        self.memory[address] = bytearray(size)
        return address

    def free(self, address):
        self.check_context()
        del self.memory[address]

    def new_stream(self):
        self.check_context()
        self._next += 1
        self.streams.add(self._next)
        return self._next


def pycuda_modules(cuda):
    """Return the modules pycuda and pycuda.driver by name."""
    driver = _module('pycuda.driver')

    class Allocation:
        def __init__(self, size):
            self._address = cuda.allocate(size)

        def __int__(self):
            return self._address

        def free(self):
            cuda.free(self._address)

    class Stream:
        def __init__(self):
            self.handle = cuda.new_stream()

        def synchronize(self):
            cuda.check_context()

        def __del__(self):
            if cuda.depth:  # elsewhere pycuda prints a warning and leaks it
                cuda.streams.discard(self.handle)

    class Context:
        def push(self):
            cuda.depth += 1

        @staticmethod
        def pop():
            cuda.check_context()
            cuda.depth -= 1

    class Device:
        def __init__(self, index):
            assert index == 0

        def retain_primary_context(self):
            return Context()

    def copy_in(memory, values, stream):
        cuda.check_context()
        cuda.memory[int(memory)][:] = values.tobytes()

    def copy_out(values, memory, stream):
        cuda.check_context()
        np.copyto(values, np.frombuffer(cuda.memory[int(memory)], values.dtype).reshape(
            values.shape))

    vars(driver).update(
        Error=CudaError, init=lambda: None, Device=Device, Context=Context, Stream=Stream,
        mem_alloc=Allocation, memcpy_htod_async=copy_in, memcpy_dtoh_async=copy_out)
    package = _module('pycuda')
    package.driver = driver
    return {'pycuda': package, 'pycuda.driver': driver}


def cuda_python_modules(cuda, new_names=True):
    """Return the modules of cuda-python by name, with cuda.bindings.runtime or cuda.cudart."""
    runtime = _module('cuda.bindings.runtime' if new_names else 'cuda.cudart')

    class Code(enum.IntEnum):
        SUCCESS = 0
        OUT_OF_MEMORY = 2
        INVALID_CONTEXT = 201

    class Kind(enum.IntEnum):
        cudaMemcpyHostToDevice = 1
        cudaMemcpyDeviceToHost = 2

    def guarded(function):
        def call(*arguments):
            try:
                answer = function(*arguments)
            except CudaError as error:
                code = Code.OUT_OF_MEMORY if 'memory' in str(error) else Code.INVALID_CONTEXT
                return (code, None)
            return (Code.SUCCESS,) if answer is None else (Code.SUCCESS, answer)
        return call

    def set_device(index):
        cuda.depth = 1

    def copy(target, source, size, kind, stream):
        cuda.check_context()
        if kind == Kind.cudaMemcpyHostToDevice:
            cuda.memory[target][:] = ctypes.string_at(source, size)
        else:
            ctypes.memmove(target, bytes(cuda.memory[source]), size)

    vars(runtime).update(
        cudaMemcpyKind=Kind, cudaSetDevice=guarded(set_device),
        cudaGetErrorString=lambda code: (Code.SUCCESS, code.name.lower().encode()),
        cudaStreamCreate=guarded(cuda.new_stream),
        cudaStreamDestroy=guarded(lambda stream: cuda.streams.discard(stream)),
        cudaStreamSynchronize=guarded(lambda stream: cuda.check_context()),
        cudaMalloc=guarded(cuda.allocate), cudaFree=guarded(cuda.free),
        cudaMemcpyAsync=guarded(copy))
    modules = {'cuda': _module('cuda'), runtime.__name__: runtime}
    if new_names:
        modules['cuda.bindings'] = _module('cuda.bindings')
    return modules


def _module(name):
    module = types.ModuleType(name)
    module.__spec__ = ModuleSpec(name, None, is_package=True)
    module.__path__ = []
    return module
