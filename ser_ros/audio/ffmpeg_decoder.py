# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Audio files decoded by FFmpeg, in a process of its own that may crash."""

import atexit
import importlib.util
import json
import os
import select
import subprocess
import threading
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from ser_ros.audio.decoder import KINDS, Decoder
from ser_ros.child_process import command, describe_end
from ser_ros.errors import SerError

MODULE = 'ser_ros.audio.ffmpeg_process'
# No block of sound takes longer to decode: FFmpeg then hangs.
_TIMEOUT_S = 60.0

_NO_PYAV = (
    'libsndfile does not know this format (it reads wav, flac, ogg, opus and mp3); for other '
    'formats install PyAV (pip install av)')


class ProcessDied(SerError):
    """The process that decodes has ended, or it hung and was ended."""


class _Process:
    """The process that decodes one file after the other."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        try:
            self._process = subprocess.Popen(
                command(MODULE), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, start_new_session=True)
        except OSError as error:
            raise SerError(
                f'cannot start the process that decodes: {error.strerror}') from error

    def ask(self, **request: Any) -> Tuple[Dict[str, Any], bytes]:
        """Return the answer to a request.

        Raises:
            ProcessDied: there will be none.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b'\n')
            self._process.stdin.flush()
        except OSError:
            self._die()
        poll = select.poll()
        poll.register(self._process.stdout, select.POLLIN)
        if not poll.poll(_TIMEOUT_S * 1000):
            self.end()
            raise ProcessDied(f'the decoder did not answer for {_TIMEOUT_S:.0f} s')
        line = self._process.stdout.readline()
        if not line.endswith(b'\n'):
            self._die()
        answer = json.loads(line.decode())
        data = self._process.stdout.read(answer.get('bytes', 0))
        if len(data) < answer.get('bytes', 0):
            self._die()
        return answer, data

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for stream in self._process.stdin, self._process.stdout:
            try:
                stream.close()  # type: ignore[union-attr]
            except OSError:  # a request that it never read
                pass

    def _die(self) -> None:
        self._process.wait()
        self.end()
        raise ProcessDied(f'the decoder {describe_end(self._process.returncode)}')


_LOCK = threading.Lock()
_IDLE: List[_Process] = []


def _take() -> Optional[_Process]:
    """Return a process that has nothing to do, if there is one."""
    with _LOCK:
        while _IDLE:
            process = _IDLE.pop()
            if process.owner == os.getpid():  # else this process was forked from the owner
                return process
    return None


def _give_back(process: _Process) -> None:
    with _LOCK:
        _IDLE.append(process)


@atexit.register
def _end_all() -> None:
    process = _take()
    while process is not None:
        process.end()
        process = _take()


class FfmpegDecoder(Decoder):
    """Decode with FFmpeg through PyAV.

    It runs in another process, since damaged files crash it. One process serves one file after
    the other. A new one is started when it dies.
    """

    def __init__(self, path: str):
        """Open the file.

        Raises:
            SerError: if there is no PyAV, or it finds no audio in the file, or crashes.
        """
        self._path = path
        self._process: Optional[_Process] = None
        if importlib.util.find_spec('av') is None:
            raise SerError(f"cannot read '{path}': {_NO_PYAV}")
        self._process, answer = self._open()
        if 'error' in answer:
            self.close()
            raise SerError(self._reason(answer))
        self.rate_hz = answer['rate_hz']
        self.channels = answer['channels']
        self.is_float_pcm = answer['is_float_pcm']
        if answer['duration_s'] is not None:
            self.duration_s = answer['duration_s']
        self._seconds = 0.0

    def read(self) -> Optional[np.ndarray]:
        """Return the next float32 samples of shape (n, channels), or None at the end."""
        if self._process is None:
            return None
        try:
            answer, data = self._process.ask(do='read')
        except ProcessDied as error:
            self._process = None
            answer, data = {'end': True, 'warning': self._breaks_off(str(error))}, b''
        if 'error' in answer:
            answer = {'end': True, 'warning': self._breaks_off(answer['text'])}
        if 'end' in answer:
            self.warning = answer['warning']
            self.close()
            return None
        self.rate_hz = answer['rate_hz']
        block = np.frombuffer(data, np.float32).reshape(-1, answer['channels'])
        self._seconds += len(block) / self.rate_hz
        return block

    def close(self) -> None:
        """Close the file."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.ask(do='close')
        except ProcessDied:
            return
        _give_back(process)

    def _open(self) -> Tuple[Optional[_Process], Dict[str, Any]]:
        """Return a process that has opened the file, or said why it cannot."""
        path = os.path.abspath(self._path)  # it stays in the folder in which it was started
        process = _take()
        if process is not None:
            try:
                return process, process.ask(do='open', path=path)[0]
            except ProcessDied:
                pass  # perhaps before this file; a new one shows
        process = _Process()
        try:
            return process, process.ask(do='open', path=path)[0]
        except ProcessDied as error:
            return None, {'error': 'ProcessDied', 'text': str(error)}

    def _reason(self, answer: Dict[str, Any]) -> str:
        if answer['error'] == 'ProcessDied':
            return f"cannot read '{self._path}': {answer['text']}; convert it to WAV"
        if answer['error'] == 'ValueError' and answer['text'].startswith('contains no audio'):
            return f"'{self._path}' {answer['text']}"
        return f"cannot read '{self._path}': unknown audio format; allowed: {KINDS}"

    def _breaks_off(self, reason: str) -> str:
        return f'ends early, after {self._seconds:.2f} s: {reason}'
