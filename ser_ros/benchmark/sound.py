# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a benchmark listens to: speech that is made on the spot."""

import contextlib
import os
import shutil
import subprocess
from typing import NamedTuple

import numpy as np

from ser_ros.audio.file_source import FileSource
from ser_ros.audio.format import SAMPLE_RATE_HZ, int16_to_float

SYNTHESISER = 'espeak-ng'
UTF_8 = '1'  # of its option -b
# Voice, words per minute and text, as in the demonstration.
SENTENCES = (
    ('en-us', 165, 'Good morning. I have put the cups back on the table, as we said.'),
    ('en-us+m7', 115, 'I miss her so much. The house is very quiet since she went away.'),
    ('ko', 150, '안녕하세요. 오늘은 날씨가 맑고 바람이 조금 불어요.'),
    ('en-us+f5', 230, 'What was that? Did you hear it? Somebody is at the door!'),
)
SYNTHETIC_S = 15.0


class Sound(NamedTuple):
    """What is listened to: 16 kHz float32 samples, and what they are."""

    description: str
    samples: np.ndarray


def make_sound(folder: str) -> Sound:
    """Return speech by espeak-ng, or without it, or its voices, a synthetic signal; 16 kHz float32.

    Args:
        folder: for temporary files.
    """
    command = shutil.which(SYNTHESISER)
    parts = [] if command is None else [
        _speak(command, os.path.join(folder, 'speech.wav'), *sentence) for sentence in SENTENCES]
    spoken = [part for part in parts if part.size]
    if spoken:
        samples = np.concatenate(spoken)
        return Sound(
            f'{samples.size / SAMPLE_RATE_HZ:.0f} s of speech made with {SYNTHESISER}', samples)
    return Sound(
        f'{SYNTHETIC_S:.0f} s of a synthetic signal like speech ({SYNTHESISER} gave none)',
        speech_like(int(SYNTHETIC_S * SAMPLE_RATE_HZ)).astype(np.float32))


def _speak(command: str, path: str, voice: str, words_per_minute: int, text: str) -> np.ndarray:
    # Not as an argument: Python 3.6 knows no Korean there where the system's encoding is ASCII.
    process = subprocess.run(
        [command, '-v', voice, '-s', str(words_per_minute), '-w', path, '-b', UTF_8, '--stdin'],
        input=text.encode('utf-8'), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if process.returncode != 0:
        return np.zeros(0, np.float32)
    with contextlib.closing(FileSource(path)) as source:
        return int16_to_float(np.concatenate(list(source)))


def speech_like(samples: int, amplitude: float = 0.1) -> np.ndarray:
    """Return a gliding buzz in three syllables a second, in a little noise.

    Args:
        samples: length, at 16 kHz.
        amplitude: about the RMS amplitude of the syllables.

    Returns:
        float64, shape (samples,).
    """
    time_s = np.arange(samples) / SAMPLE_RATE_HZ
    glide_hz = 140 + 40 * np.sin(2 * np.pi * 0.7 * time_s)
    phase = 2 * np.pi * np.cumsum(glide_hz) / SAMPLE_RATE_HZ
    buzz = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 20))
    syllables = np.maximum(0, np.sin(2 * np.pi * 3 * time_s))
    noise = 0.01 * np.random.RandomState(1).standard_normal(samples)
    return amplitude * (buzz * syllables + noise)
