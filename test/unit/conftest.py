# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A classifier and a voice activity without a runtime, and audio files to try them on."""

import numpy as np
import pytest

from ser_ros import graph_defaults
from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.emotion.labels import MAIN_EMOTIONS
from ser_ros.inference.backend import Session
from ser_ros.inference.classifier import Classifier
from ser_ros.inference.model_metadata import ModelInfo

SHAPE = (3, 128, 128)


class StubSession(Session):
    """Logits from the means of a few parts of the image; counts how often it is asked."""

    backend = 'stub'

    def __init__(self, labels=MAIN_EMOTIONS):
        super().__init__(ModelInfo(
            path='stub.onnx', name='stub', version='1.0', labels=tuple(labels),
            feature_set='mel_yin_rms/1', input_shape=SHAPE, temperature=1.0, training_data='none',
            licence='none', metrics={}, precision='fp32', ir_version=8, opset=13), 'fp32')
        self.asked = 0
        self.closed = False

    def _run(self, image):
        self.asked += 1
        parts = np.array_split(image[0], len(self.info.labels))
        return np.array([10.0 * part.mean() for part in parts], np.float32)

    def close(self):
        self.closed = True


class LoudIsSpeech:
    """Voice activity for synthetic sound: samples other than 0 are speech."""

    def __init__(self):
        self._kept = 0
        self.reset()

    def reset(self):
        self._samples = np.zeros(0, np.float32)

    def push(self, samples):
        self._samples = np.concatenate([self._samples, samples])[-self._kept:]

    def keep(self, n_samples):
        self._kept = n_samples

    def probability(self, n_samples):
        return float(np.mean(self._samples[-n_samples:] != 0.0))


@pytest.fixture
def session():
    """A session that needs no runtime."""
    return StubSession()


@pytest.fixture
def classifier(session):
    """A classifier of four emotions on that session."""
    return Classifier(session)


@pytest.fixture
def loud_is_speech(monkeypatch):
    """Let every sound count as speech, and only silence as none."""
    monkeypatch.setattr(graph_defaults, 'VoiceActivity', LoudIsSpeech)


@pytest.fixture
def write_wav(tmp_path):
    """Return a function that writes float samples, shape (n,) or (n, channels), as a WAV file."""
    soundfile = pytest.importorskip('soundfile')

    def write(name, samples, rate_hz=SAMPLE_RATE_HZ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(str(path), samples, rate_hz, subtype='PCM_16')
        return str(path)
    return write


@pytest.fixture
def noise():
    """Return a function that makes noise whose colour changes, so that windows differ."""
    def make(duration_s, rate_hz=SAMPLE_RATE_HZ, seed=0):
        n_samples = int(duration_s * rate_hz)
        white = np.random.RandomState(seed).uniform(-0.3, 0.3, n_samples)
        sweep = np.sin(np.cumsum(np.linspace(0.01, 2.5, n_samples)))
        return 0.3 * white + 0.3 * sweep
    return make
