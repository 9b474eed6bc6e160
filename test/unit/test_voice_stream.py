# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The front door with a baseline of the voice."""

import os

import numpy as np
import pytest
from tiny_models import write_voice_model

from ser_ros import defaults
from ser_ros.emotion import enrolled_voices
from ser_ros.emotion.voice_baseline import KnownVoice
from ser_ros.errors import SerError
from ser_ros.recognizer import Recognizer

pytest.importorskip('onnxruntime')

SHAPE = (3, 128, 128)
KNOWN = KnownVoice(np.float32([2.0, -1.0, 0.5, 1.0]), 20.8)


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path):
    """Read config/ of this checkout, and write no state of the user's."""
    root = os.path.join(os.path.dirname(__file__), '..', '..')
    monkeypatch.setattr(defaults, 'share_path', lambda *parts: os.path.join(root, *parts))
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path / 'state'))


@pytest.fixture
def model(tmp_path):
    return str(write_voice_model(tmp_path / 'voice.onnx', shape=SHAPE, temperature=1.0))


@pytest.fixture
def samples(noise):
    return noise(12.0).astype(np.float32)


def raw(windows):
    return np.stack([window.raw_probabilities for window in windows])


@pytest.mark.usefixtures('loud_is_speech')
class TestBaseline:
    def test_off_is_the_default(self, model, samples):
        np.testing.assert_array_equal(
            raw(Recognizer(model).push(samples)), raw(Recognizer(model, baseline='off').push(
                samples)))

    def test_running_begins_with_a_stranger_and_learns(self, model, samples):
        off = raw(Recognizer(model).push(samples))
        running = raw(Recognizer(model, baseline='running').push(samples))
        np.testing.assert_array_equal(running[0], off[0])
        assert np.all(np.abs(running[1:] - off[1:]).max(axis=1) > 1e-3)

    def test_an_enrolled_voice_is_known_at_once(self, model, samples):
        recognizer = Recognizer(model)
        path = enrolled_voices.save('anna', KNOWN, recognizer.info)
        off = raw(recognizer.push(samples))
        known = raw(Recognizer(model, baseline='anna').push(samples))
        assert np.abs(known[0] - off[0]).max() > 1e-3
        np.testing.assert_array_equal(raw(Recognizer(model, baseline=path).push(samples)), known)

    def test_each_recording_begins_again(self, model, samples):
        recognizer = Recognizer(model, baseline='running')
        first = raw(recognizer.recording([samples]))
        np.testing.assert_array_equal(raw(recognizer.recording([samples])), first)
        recognizer.reset()
        np.testing.assert_array_equal(raw(recognizer.push(samples)), first)

    def test_another_person_is_a_stranger(self, model, samples):
        off, running = Recognizer(model), Recognizer(model, baseline='running')
        for recognizer in (off, running):
            recognizer.push(samples)
            recognizer.change_person()
        expected, found = raw(off.push(samples)), raw(running.push(samples))
        # The first windows hold the sound of before.
        np.testing.assert_array_equal(found[:6], expected[:6])
        assert np.all(np.abs(found[7:] - expected[7:]).max(axis=1) > 1e-4)

    def test_every_window_asks_for_silence_and_learns_nothing_of_it(self, model, samples):
        recognizer = Recognizer(model, baseline='running')
        silence = np.zeros(16000 * 4, np.float32)
        asked = raw(recognizer.recording([silence, samples], every_window=True))
        silent = raw(recognizer.recording([silence, samples]))
        assert np.all(asked.sum(axis=1) > 0.99)
        heard = silent.sum(axis=1) > 0.5
        np.testing.assert_array_equal(asked[heard], silent[heard])


@pytest.mark.parametrize('baseline, reason', [
    ('running', 'the model stub takes no baseline'), ('anna', 'the model stub takes no baseline')])
def test_a_model_that_takes_none(classifier, session, baseline, reason):
    with pytest.raises(SerError, match=reason):
        Recognizer(classifier, baseline=baseline)
    assert session.closed


def test_nobody_of_that_name(model):
    with pytest.raises(SerError, match='there is no enrolled voice anna; enrolled: none'):
        Recognizer(model, baseline='anna')
