# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Text to speech by espeak-ng."""

import shutil
import subprocess
import unicodedata
from typing import Tuple

import numpy as np

from ser_ros.errors import SerError

PROGRAM = 'espeak-ng'
MAX_CHARACTERS = 500
# No text of this length takes longer to be synthesized, on any board.
_TIMEOUT_S = 20.0


def check() -> None:
    """Check that texts can be synthesized.

    Raises:
        SerError: espeak-ng is not installed.
    """
    if shutil.which(PROGRAM) is None:
        raise SerError(f'{PROGRAM} is not installed; install it (apt install {PROGRAM})')


def clean(text: str) -> str:
    """Return a text without control characters, at most MAX_CHARACTERS long."""
    words = ''.join(' ' if unicodedata.category(character).startswith(('C', 'Z')) else character
                    for character in text)
    return ' '.join(words.split())[:MAX_CHARACTERS]


def synthesize(text: str, language: str, rate_wpm: int) -> Tuple[np.ndarray, int]:
    """Return a text as sound.

    Args:
        text: what is said; see `clean`.
        language: name of a voice of espeak-ng, such as an ISO 639-1 code.
        rate_wpm: speed [words per minute].

    Returns:
        Samples, float32 of shape (n,), full scale 1.0, and their rate [Hz].

    Raises:
        SerError: espeak-ng is missing or fails; the text says how.
    """
    check()
    # The text comes by standard input, where nothing in it can be taken for an option.
    arguments = [PROGRAM, '-v', language, '-s', str(rate_wpm), '-b', '1', '--stdin', '--stdout']
    try:
        result = subprocess.run(
            arguments, input=clean(text).encode('utf-8', 'ignore'), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SerError(f'{PROGRAM} failed: {error}') from error
    if result.returncode:
        reason = ' '.join(result.stderr.decode(errors='replace').split())
        raise SerError(f'{PROGRAM} failed: {reason or result.returncode}')
    return _samples(result.stdout)


def _samples(wav: bytes) -> Tuple[np.ndarray, int]:
    """Return what a WAV file of 16 bits holds, whose header does not know its length."""
    start = wav.find(b'data')
    if not wav.startswith(b'RIFF') or start < 28:
        raise SerError(f'{PROGRAM} has given no sound')
    rate_hz = int.from_bytes(wav[24:28], 'little')
    content = wav[start + 8:]
    samples = np.frombuffer(content[:len(content) // 2 * 2], '<i2')
    return samples.astype(np.float32) / np.float32(32768), rate_hz
