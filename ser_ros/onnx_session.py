# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Opening ONNX Runtime sessions, all with the same options."""

import ctypes
import os
import re
from typing import Any, Optional, Union

from ser_ros.errors import SerError
from ser_ros.threads import check_threads

ERRORS_ONLY = 3


def open_session(path: str, threads: int = 1, content: Optional[bytes] = None) -> Any:
    """Load an ONNX file for the CPU, with few threads and little memory.

    Threads never spin while they wait: on a small computer the other nodes need the cores.
    Works with ONNX Runtime from 1.10 (which reads up to opset 15 and IR version 8).

    Args:
        path: of the ONNX file.
        threads: computing threads; with 1 everything runs in the calling thread.
        content: of the file, if it was read already; the path then only names it.

    Returns:
        onnxruntime.InferenceSession.

    Raises:
        SerError: if ONNX Runtime is not installed, threads is not in THREADS_RANGE, or the file is
            missing, broken or too new for the installed version.
    """
    check_threads(threads)
    if content is None and not os.path.isfile(path):
        raise SerError(f'the model file {path} does not exist')
    try:
        import onnxruntime
    except ImportError as error:
        raise SerError(f'ONNX Runtime cannot be imported ({error}); install it with: '
                       'pip install onnxruntime') from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    # The arena grows in powers of two and keeps what it once had; without it a run is as fast.
    options.enable_cpu_mem_arena = False
    try:
        session = onnxruntime.InferenceSession(
            _as_argument(path) if content is None else content, options,
            providers=['CPUExecutionProvider'])
    # The runtime has a class for each error, and broken text shows as UnicodeDecodeError.
    except Exception as error:
        raise SerError(
            f'ONNX Runtime {onnxruntime.__version__} cannot load {path}: '
            f'{_reason(str(error))}') from error
    _give_back_freed_memory()
    return session


def _as_argument(path: str) -> Union[str, bytes]:
    """Return the path, or the file's content where ONNX Runtime would look for another name."""
    # It takes names for UTF-8, whatever the system's encoding is.
    if path.encode('utf-8', 'surrogatepass') == os.fsencode(path):
        return path
    with open(path, 'rb') as file:
        return file.read()


def _reason(text: str) -> str:
    """Return the sentence that matters: without codes and without where in the C++ it arose."""
    text = ' '.join(text.split())
    text = re.sub(r'^\[ONNXRuntimeError\] : \d+ : \w+ : ', '', text)
    text = re.sub(r'^Load model from .*? failed: ?', '', text)
    if re.match(r'\S+\.(cc|cpp|h):\d+ ', text):
        # The signature of a function, whose parameters hold no parentheses.
        text = re.sub(r'^\S+ [^(]*\([^()]*\)(?: const)? ?', '', text)
    # An operator set that is new to it is explained at length; these two sentences say it.
    opset = re.search(r'(Opset \d+ is [^.]*\.) .*(Current official support .*)', text)
    return ' '.join(opset.groups()) if opset else text


def _give_back_freed_memory() -> None:
    # Loading leaves the parsed file and the weights' first layout in the C heap, freed but kept:
    # 130 MB of 270 for a ResNet34. Only glibc keeps them, and only glibc has this function.
    trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)
    if trim is not None:
        trim(0)
