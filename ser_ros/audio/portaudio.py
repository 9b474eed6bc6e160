# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""PortAudio through PyAudio: loaded late, silent, one caller at a time."""

import contextlib
import threading
from typing import Any, Iterator

from ser_ros.audio import portaudio_trial
from ser_ros.audio.c_stderr import quiet_stderr, reason
from ser_ros.errors import SerError

# PortAudio's set-up is not thread safe, and the redirection of stderr is for the whole process.
_LOCK = threading.Lock()
# Set once a child process has started PortAudio and lived.
_TRIED = threading.Event()

# Longer than any healthy audio system takes to list its devices.
_LOCK_TIMEOUT_S = 5.0


def load() -> Any:
    """Import PyAudio.

    Raises:
        SerError: if it, or the PortAudio library that it needs, is not installed.
    """
    try:
        import pyaudio
    except ImportError as error:
        raise SerError(
            f'a microphone needs PyAudio, which cannot be imported ({error}); install '
            'portaudio19-dev and then PyAudio (pip install PyAudio)') from error
    return pyaudio


def initialise() -> Any:
    """Return a new pyaudio.PyAudio; give it back with `terminate`.

    PortAudio looks for devices when the first one is made, not again while any is in use.

    Raises:
        SerError: if PortAudio cannot be used.
    """
    pyaudio = load()
    if not _TRIED.is_set():
        portaudio_trial.check()
        _TRIED.set()
    with calling('PortAudio cannot be started'):
        return pyaudio.PyAudio()


def terminate(instance: Any) -> None:
    """Give back what `initialise` returned."""
    with _LOCK:
        instance.terminate()


@contextlib.contextmanager
def calling(failure: str) -> Iterator[None]:
    """Call PortAudio: alone, with its messages held back, its errors raised as SerError.

    Args:
        failure: how the text of an error begins.
    """
    if not _LOCK.acquire(timeout=_LOCK_TIMEOUT_S):
        raise SerError(
            f'{failure}: an earlier call to PortAudio has not returned for {_LOCK_TIMEOUT_S:.0f} '
            's, because a device or the sound server hangs')
    lines = []
    try:
        with quiet_stderr() as lines:
            yield
    except (OSError, ValueError) as error:
        # PortAudio's errors are OSError(code, text); ALSA's own words often say more.
        details = [str(error.args[-1] if error.args else error), reason(lines)]
        raise SerError(f"{failure}: {'; '.join(filter(None, details))}") from error
    finally:
        _LOCK.release()
