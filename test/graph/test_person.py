# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The inference node and the person who speaks: the baseline of the voice, and its changes."""

import array
import pathlib
import sys

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from harness import diagnosis, quoted
from std_msgs.msg import Empty

from ser_ros.emotion import enrolled_voices
from ser_ros.emotion.voice_baseline import KnownVoice, SpeechShare, VoiceBaseline
from ser_ros.inference.classifier import open_classifier
from ser_ros.nodes import qos
from ser_ros.nodes.messages import Emotion, SpeechFeatures
from ser_ros.nodes.stamps import to_stamp

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / 'unit'))

from tiny_models import VOICE_SIZE, write_voice_model  # noqa: E402

NODE = 'emotion_inference'
SHAPE = (3, 128, 128)
START_S, PERIOD_S, WINDOW_S = 1700000000, 0.5, 2.6
IMAGE = np.random.default_rng(2).uniform(size=SHAPE).astype(np.float32)
DATA = array.array('f', IMAGE.tobytes())
SPEECH = SpeechShare(0.875, 0.75)
VOICE = np.float32([2.0, -1.0, 0.5, 1.0])


def times(sequence):
    """Return start and end of a window [s]."""
    end_s = START_S + sequence * PERIOD_S
    return end_s - WINDOW_S, end_s


class Windows:
    """Windows of one image to a node with the model, and what a model of our own says of them."""

    def __init__(self, peer, start, model, *arguments):
        self.peer = peer
        self.classifier = open_classifier(model)
        self.baseline = VoiceBaseline(VOICE_SIZE)
        self.emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
        self.diagnostics = peer.listen(DiagnosticArray, '/diagnostics', qos.DIAGNOSTICS)
        self._features = peer.node.create_publisher(SpeechFeatures, 'features', qos.FEATURES)
        self._person = peer.node.create_publisher(Empty, 'person_changed', qos.PERSON)
        self.process = start(NODE, '-p', 'autostart:=true', '-p', 'model:=' + quoted(model),
                             *arguments)
        peer.wait_until_connected([self.process])
        for publisher in (self._features, self._person):
            peer.wait_for(publisher.get_subscription_count, 'subscription', [self.process])

    def send(self):
        """Send a window; return its emotion."""
        sequence = len(self.emotions)
        start_s, end_s = times(sequence)
        message = SpeechFeatures(
            feature_set='mel_yin_rms/1', shape=SHAPE, sequence=sequence, data=DATA,
            speech_probability=SPEECH.window, recent_speech_probability=SPEECH.newest,
            window_start=to_stamp(int(round(start_s * 1e9))))
        message.header.stamp = to_stamp(int(round(end_s * 1e9)))
        self._features.publish(message)
        self.peer.wait_for(lambda: len(self.emotions) > sequence, 'emotion', [self.process])
        return self.emotions[-1]

    def expected(self):
        """Return what the baseline of our own makes of the window that was sent last."""
        return self.baseline.recognize(
            self.classifier, IMAGE, *times(len(self.emotions) - 1), SPEECH)

    def stranger(self):
        return self.classifier.probabilities(IMAGE)

    def is_stranger(self):
        return np.allclose(self.send().raw_probabilities, self.stranger(), atol=1e-7)

    def change_person(self):
        self._person.publish(Empty())

    def set(self, name, value):
        return self.peer.set_parameter(NODE, name, value)

    def wait_for_diagnosis(self, **expected):
        values = {name.replace('_', ' '): value for name, value in expected.items()}
        del self.diagnostics[:]
        self.peer.wait_for(lambda: diagnosis(self.diagnostics, NODE, **values), 'diagnosis',
                           [self.process])


@pytest.fixture
def model(tmp_path, monkeypatch):
    """Path of a tiny model that takes a baseline; the state folder is empty."""
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path / 'state'))
    return str(write_voice_model(tmp_path / 'voice.onnx', shape=SHAPE, temperature=1.0))


def enroll(classifier):
    enrolled_voices.save('김민수', KnownVoice(VOICE, 20.8), classifier.session.info)


def test_a_running_baseline_and_another_person(peer, start, model):
    windows = Windows(peer, start, model, '-p', 'baseline:=running')
    for _ in range(20):
        emotion = windows.send()
        np.testing.assert_allclose(emotion.raw_probabilities, windows.expected(), atol=1e-6)
    assert not np.allclose(emotion.raw_probabilities, windows.stranger(), atol=1e-3)
    windows.wait_for_diagnosis(
        baseline='running', baseline_strength=f'{windows.baseline.strength:.2f}',
        baseline_seconds=f'{windows.baseline.seconds:.1f}')
    windows.change_person()
    # The message takes its own way, so some windows may be ahead of it.
    assert any(windows.is_stranger() for _ in range(20))
    first = windows.emotions[-1]
    np.testing.assert_array_equal(first.probabilities, first.raw_probabilities)  # the tracker
    # Windows that began before still hold the other voice: 2.6 s are five of them.
    assert all(windows.is_stranger() for _ in range(5))
    windows.send()
    assert not windows.is_stranger()
    assert '[ERROR]' not in windows.process.log()


def test_an_enrolled_voice_comes_back_with_another_person(peer, start, model):
    enroll(open_classifier(model))
    windows = Windows(
        peer, start, model, '-p', 'baseline:=enrolled', '-p', 'voice:=' + quoted('김민수'))
    windows.baseline = VoiceBaseline(VOICE_SIZE, KnownVoice(VOICE, 20.8))
    first = windows.send()
    np.testing.assert_allclose(first.raw_probabilities, windows.expected(), atol=1e-6)
    assert not np.allclose(first.raw_probabilities, windows.stranger(), atol=1e-3)
    for _ in range(10):
        windows.send()
    windows.change_person()
    assert any(np.allclose(windows.send().raw_probabilities, first.raw_probabilities, atol=1e-7)
               for _ in range(20))


def test_the_parameters_while_it_serves(peer, start, model):
    windows = Windows(peer, start, model)
    assert windows.is_stranger()
    windows.wait_for_diagnosis(baseline='off')
    done, reason = windows.set('baseline', 'enrolled')
    assert not done and 'set voice to one of: none' in reason
    assert windows.set('voice', 'anna') == (True, '')
    done, reason = windows.set('baseline', 'enrolled')
    assert not done and 'there is no enrolled voice anna' in reason
    done, reason = windows.set('baseline', 'on')
    assert not done and 'allowed: off, running, enrolled' in reason
    enroll(windows.classifier)
    assert windows.set('voice', '김민수') == (True, '')
    assert windows.set('baseline', 'enrolled') == (True, '')
    assert not windows.is_stranger()
    assert windows.set('min_confidence', 0.5) == (True, '')
    windows.wait_for_diagnosis(baseline='enrolled')
    # As `ros2 param set` reads the plain word off.
    assert windows.set('baseline', False) == (True, '')
    peer.wait_for(lambda: peer.get_parameter(NODE, 'baseline') == 'off', 'the word off',
                  [windows.process])
    assert windows.is_stranger()
    assert windows.set('baseline', 'running') == (True, '')
    windows.wait_for_diagnosis(baseline='running')


def test_off_in_yaml_is_understood(peer, start, model):
    windows = Windows(peer, start, model, '-p', 'baseline:=off')
    assert peer.get_parameter(NODE, 'baseline') == 'off'
    windows.send()
    assert windows.is_stranger()
    windows.wait_for_diagnosis(baseline='off')


def test_a_new_configuration_keeps_what_is_known(peer, start, model):
    windows = Windows(peer, start, model, '-p', 'baseline:=running')
    for _ in range(10):
        windows.send()
    from lifecycle_msgs.msg import Transition
    for transition in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP,
                       Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
        assert peer.transition(NODE, transition)
    peer.wait_for(windows._features.get_subscription_count, 'subscription', [windows.process])
    assert not windows.is_stranger()


def test_a_model_that_takes_no_baseline(peer, start):
    process = start(NODE, '-p', 'autostart:=true', '-p', 'model:=resnet34',
                    '-p', 'baseline:=running')
    peer.wait_until_connected([process])
    peer.wait_active(NODE, processes=[process])
    assert 'baseline is off: the model resnet34 takes no baseline' in process.log()
    assert peer.set_parameter(NODE, 'min_confidence', 0.5) == (True, '')
    assert peer.set_parameter(NODE, 'baseline', 'off') == (True, '')
    done, reason = peer.set_parameter(NODE, 'baseline', 'running')
    assert not done and 'the model resnet34 takes no baseline of the voice' in reason
