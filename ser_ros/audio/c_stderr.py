# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keep what C libraries print away from the user."""

import contextlib
import os
import re
import sys
import tempfile
from typing import Iterator, List

# What ALSA, JACK and PortAudio print while they look for devices that are not there.
_NOISE = re.compile(
    r"ALSA lib |Expression '|PaHost_|PaAlsa|Cannot connect to server|jack server|Jack|"
    r'connect\(2\) call|attempt to connect to server|Failed to connect to|\s*$')


@contextlib.contextmanager
def quiet_stderr() -> Iterator[List[str]]:
    """Hold back the messages of audio libraries on the process's standard error.

    Python cannot reach what C code writes, so file descriptor 2 itself is turned to a temporary
    file meanwhile. Lines of other origin (another thread's log) are printed at the end.

    Returns:
        a list that holds the lines that were held back, once the block is left.
    """
    held_back: List[str] = []
    with contextlib.ExitStack() as stack:
        try:
            sink = stack.enter_context(tempfile.TemporaryFile())
            stderr = os.dup(2)
        except OSError:
            # No place to keep them, or no standard error at all: leave things as they are.
            yield held_back
            return
        _flush()
        os.dup2(sink.fileno(), 2)
        try:
            yield held_back
        finally:
            _flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            sink.seek(0)
            for line in sink.read().decode(errors='replace').splitlines():
                if _NOISE.match(line):
                    held_back.append(line)
                else:
                    os.write(2, (line + '\n').encode())


def reason(lines: List[str]) -> str:
    """Return the last message of ALSA among the lines, without where in ALSA it arose."""
    for line in reversed(lines):
        match = re.match(r'ALSA lib \S+ *(?:\(\w+\))? *(.+)', line)
        if match:
            return match.group(1)
    return ''


def _flush() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()
