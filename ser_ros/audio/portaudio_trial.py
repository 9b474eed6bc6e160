# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Start PortAudio in a process that may die of it.

Where the configuration of ALSA is missing, PortAudio ends the process by an assertion (SIGABRT).
Python can't catch that, so the first start in each process is tried in a child before.
"""

import os
import threading
from typing import Any, Dict

from ser_ros.audio.c_stderr import reason
from ser_ros.child_process import ChildProcess, serve
from ser_ros.errors import SerError

# Longer than any healthy audio system takes to list its devices.
_TIMEOUT_S = 10.0
_REMEDY = ('is the configuration of ALSA complete? Install it (apt install libasound2-data, which '
           'brings /usr/share/alsa/alsa.conf)')


def check() -> None:
    """Start PortAudio once in a child process.

    Raises:
        SerError: if that ends the child by a signal; the text says what to do.
    """
    with ChildProcess(__name__, {}) as child:
        timer = threading.Timer(_TIMEOUT_S, child.kill)
        timer.daemon = True
        timer.start()
        try:
            for _ in child.messages():
                pass  # an error that Python can catch comes again when this process starts it
        finally:
            hangs = not timer.is_alive()
            timer.cancel()
    if hangs:
        raise SerError(f'PortAudio does not start within {_TIMEOUT_S:.0f} s: a device or the sound '
                       'server hangs. Unplug the device, or restart the sound server')
    assert child.exit_code is not None
    if child.exit_code < 0:
        details = reason(list(child.log))
        raise SerError(
            f'PortAudio cannot be started, its trial {child.end}'
            + (f' ({details})' if details else '') + f': {_remedy()}')


def _remedy() -> str:
    path = os.environ.get('ALSA_CONFIG_PATH')
    return _REMEDY + (f', or correct ALSA_CONFIG_PATH, which is {path}' if path else '')


def main() -> int:
    """Start PortAudio and end it again; the exit code is that of `serve`."""
    return serve(_start)


def _start(_: Dict[str, Any]) -> Dict[str, Any]:
    import pyaudio
    pyaudio.PyAudio().terminate()
    return {}
