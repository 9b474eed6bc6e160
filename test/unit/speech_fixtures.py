# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of features and windows share: the benchmarks' reference, real speech."""

import pathlib
import sys

import numpy as np
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'benchmarks'))

from ser_ros.errors import SerError
from ser_ros.windows.voice_activity import VoiceActivity

CLIPS_OF_EACH_CORPUS = 4


@pytest.fixture(scope='session')
def reference():
    """Librosa's and torch's features, as the benchmark times them."""
    for module in ('librosa', 'torch'):
        pytest.importorskip(module)
    import reference_features
    return reference_features


@pytest.fixture(scope='session')
def speech(shared_data):
    """A few clips of each corpus, float32 at 16 kHz, by path."""
    soundfile = pytest.importorskip('soundfile')
    clips = {}
    for corpus, kind in (('ravdess', 'flac'), ('nemo', 'opus'), ('emodb', 'flac')):
        paths = sorted((shared_data / corpus).rglob('*.' + kind))
        for path in paths[::max(1, len(paths) // CLIPS_OF_EACH_CORPUS)][:CLIPS_OF_EACH_CORPUS]:
            clips[str(path)] = soundfile.read(str(path), dtype='float32')[0]
    return clips


@pytest.fixture(scope='session')
def long_speech(speech):
    """All clips one after the other, with a second of digital silence in between."""
    pause = np.zeros(16000, np.float32)
    return np.concatenate([part for clip in speech.values() for part in (clip, pause)])


@pytest.fixture(scope='session')
def detector():
    """The voice activity detector; each test resets it."""
    try:
        return VoiceActivity()
    except SerError as error:
        pytest.skip(str(error))
