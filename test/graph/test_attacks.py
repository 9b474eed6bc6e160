# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Strangers who publish anything at all: no node ends or is deaf afterwards, or fills the log."""

import array
import itertools
import math
import time

import numpy as np
import pytest
from harness import NODES, Peer
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import SetParameters
from std_msgs.msg import Bool, Empty
from std_srvs.srv import SetBool, Trigger
from test_audio_in import CAPTURE_QOS, INFO_QOS, SHAPE

from ser_ros.inference.model_file import Model
from ser_ros.nodes import qos
from ser_ros.nodes.audio_messages import AudioDataStamped, AudioInfo
from ser_ros.nodes.messages import Emotion, EndOfStream, ModelInfo, SpeechFeatures
from ser_ros.nodes.parameters import load_defaults

NAN, INF = math.nan, math.inf
ATTACK_S = 6.0
# Far more than a message, and far less than a leak of every message would be.
GROWTH_MIB = 60
LINES = 80
STAMPS = (0, 1, 2**31 - 1, -2**31, 1700000000)


def emotions():
    many = [str(number) for number in range(20000)]
    values = (
        {'confidence': NAN}, {'confidence': -1.0}, {'confidence': 1e30},
        {'labels': ['anger'], 'probabilities': [NAN]}, {'labels': ['anger']},
        {'labels': ['anger', 'anger'], 'probabilities': [0.5, 0.5]},
        {'labels': ['anger', 'joy'], 'probabilities': [-5.0, 6.0]},
        {'labels': ['x' * 100000], 'probabilities': [1.0], 'label': 'x' * 100000},
        {'labels': many, 'probabilities': [0.0] * len(many)}, {'label': ''}, {'state': 255},
        {'labels': ['anger'], 'probabilities': [1.0]})
    for number in itertools.count():
        made = dict({'state': Emotion.STATE_EMOTION, 'label': 'anger', 'confidence': 1.0},
                    **values[number % len(values)])
        message = Emotion(**made)
        message.header.stamp.sec = STAMPS[number % len(STAMPS)]
        yield message


def features():
    info = Model(load_defaults('emotion_inference')['model']).info
    size = int(np.prod(SHAPE))
    values = (
        {}, {'feature_set': 'x' * 100000}, {'feature_set': info.feature_set},
        {'feature_set': info.feature_set, 'shape': [2**32 - 1] * 3},
        {'feature_set': info.feature_set, 'shape': [1] * 100000},
        {'feature_set': info.feature_set, 'shape': SHAPE, 'data': array.array('f', [NAN] * size)},
        {'feature_set': info.feature_set, 'shape': SHAPE, 'data': array.array('f', [INF] * size),
         'period_s': NAN, 'missing_share': NAN, 'speech_probability': INF},
        {'feature_set': info.feature_set, 'shape': SHAPE, 'data': array.array('f', [0] * size),
         'period_s': -INF, 'sequence': 2**32 - 1, 'lost_ms': 2**32 - 1, 'pitch_hz': NAN})
    for number in itertools.count():
        message = SpeechFeatures(**dict({'speech_probability': 1.0},
                                        **values[number % len(values)]))
        message.header.stamp.sec = STAMPS[number % len(STAMPS)]
        yield message


def models():
    values = ({}, {'feature_set': 'mel_yin_rms/1', 'input_shape': [3, 128, 128]},
              {'feature_set': 'waveform/1', 'input_shape': [2**32 - 1]},
              {'feature_set': 'waveform/1', 'input_shape': [0]},
              {'feature_set': 'y' * 100000, 'labels': ['z'] * 10000}, {'publisher': 'p' * 10000})
    for number in itertools.count():
        yield ModelInfo(**dict({'name': str(number)}, **values[number % len(values)]))


def formats():
    for number in itertools.count():
        yield AudioInfo(
            channels=number % 5, sample_rate=(0, 16000, 44100, 2**32 - 1)[number % 4],
            sample_format=('S16LE', 'F32LE', '', 'x' * 1000)[number % 4],
            coding_format=('WAVE', 'MP3', '')[number % 3])


def sounds():
    for number in itertools.count():
        message = AudioDataStamped()
        message.header.stamp.sec = STAMPS[number % len(STAMPS)]
        message.audio.data = array.array('B', bytes((0, 1, 640, 99999)[number % 4]))
        yield message


TOPICS = (
    ('emotion', Emotion, qos.EMOTION, emotions()),
    ('features', SpeechFeatures, qos.FEATURES, features()),
    ('model_info', ModelInfo, qos.LATCHED, models()),
    ('audio/audio_info', AudioInfo, INFO_QOS, formats()),
    ('audio/audio_stamped', AudioDataStamped, CAPTURE_QOS, sounds()),
    ('audio/end_of_stream', EndOfStream, qos.LATCHED, itertools.repeat(EndOfStream(error='x'))),
    ('person_changed', Empty, qos.PERSON, itertools.repeat(Empty())),
    ('robot_speaking', Bool, qos.SPEAKING, itertools.repeat(Bool(data=False))),
)


def memory_mib(process):
    with open(f'/proc/{process.pid}/status') as file:
        line, = [line for line in file if line.startswith('VmRSS')]
    return int(line.split()[1]) / 1024


@pytest.fixture
def stranger():
    stranger = Peer('stranger')
    yield stranger
    stranger.close()


def attack(stranger):
    """Publish on every topic, 50 times a second."""
    publishers = [(stranger.node.create_publisher(kind, topic, profile), messages)
                  for topic, kind, profile, messages in TOPICS]
    for publisher, _ in publishers:
        stranger.wait_for(publisher.get_subscription_count, 'subscription')
    end_s = time.monotonic() + ATTACK_S
    while time.monotonic() < end_s:
        for publisher, messages in publishers:
            publisher.publish(next(messages))
        time.sleep(0.02)
    for publisher, _ in publishers:
        stranger.node.destroy_publisher(publisher)


def test_messages_of_every_kind(peer, stranger, start_graph, speech):
    heard = peer.listen(Emotion, 'emotion', qos.EMOTION)

    def own():
        return [emotion for emotion in list(heard) if emotion.model_name]

    graph = start_graph(speech)
    peer.wait_for(lambda: len(own()) >= 3, 'emotions', graph.values())
    attack(stranger)  # until everything is loaded that ever is
    before = {name: memory_mib(process) for name, process in graph.items()}
    attack(stranger)
    seen = len(own())
    peer.wait_for(lambda: len(own()) >= seen + 4, 'emotions', graph.values())
    for name, process in graph.items():
        assert peer.state(name) == 'active'
        assert memory_mib(process) < before[name] + GROWTH_MIB, name
        lines = process.log().splitlines()
        assert len(lines) < LINES, process.log()[:5000]
        assert max(map(len, lines)) < 2000
        assert 'Traceback' not in process.log()


def test_publishers_that_come_and_go(peer, stranger, start_graph, speech):
    heard = peer.listen(Emotion, 'emotion', qos.EMOTION)
    graph = start_graph(speech)
    peer.wait_for(lambda: len(heard) >= 3, 'emotions', graph.values())
    before = {name: memory_mib(process) for name, process in graph.items()}
    for _ in range(100):
        for topic, kind, profile, messages in TOPICS[:3]:
            publisher = stranger.node.create_publisher(kind, topic, profile)
            publisher.publish(next(messages))
            stranger.node.destroy_publisher(publisher)
    seen = sum(bool(emotion.model_name) for emotion in list(heard))
    peer.wait_for(lambda: sum(bool(emotion.model_name) for emotion in list(heard)) >= seen + 4,
                  'emotions', graph.values())
    for name, process in graph.items():
        assert peer.state(name) == 'active'
        assert memory_mib(process) < before[name] + GROWTH_MIB, name
        assert len(process.log().splitlines()) < LINES, process.log()[:5000]


def test_services_with_anything(peer, start_graph, speech):
    heard = peer.listen(Emotion, 'emotion', qos.EMOTION)
    graph = start_graph(speech)
    peer.wait_for(lambda: heard, 'emotions', graph.values())
    names = ('model', 'backend', 'config', 'device', 'period', 'autostart', 'none', '', 'x' * 9999,
             'use_sim_time', 'min_confidence', 'allowed_folders', 'voice')
    values = [ParameterValue(type=kind, integer_value=-2**63, double_value=NAN,
                             string_value='/' * 5000, string_array_value=['']) for kind in
              range(10)] + [ParameterValue(type=200)]
    for node in NODES:
        if node != 'emotion_inference':  # which needs time for a change of its model
            request = SetParameters.Request(parameters=[
                Parameter(name=name, value=value) for name in names for value in values
                if name != 'use_sim_time' or value.type != 1])
            assert peer.call(SetParameters, node + '/set_parameters', request) is not None
        for number in 0, 255, 99:
            request = ChangeState.Request()
            request.transition.id = number
            request.transition.label = 'y' * 5000
            assert not peer.call(ChangeState, node + '/change_state', request).success
    for _ in range(20):
        for service in 'acknowledge', 'reload':
            peer.call(Trigger, 'mitigation_responder/' + service, Trigger.Request())
        for service in 'pause', 'feedback':
            for data in True, False:
                peer.call(SetBool, 'mitigation_responder/' + service, SetBool.Request(data=data))
    seen = len(heard)
    peer.wait_for(lambda: len(heard) >= seen + 3, 'emotions', graph.values())
    for name, process in graph.items():
        assert peer.state(name) == 'active'
        assert 'Traceback' not in process.log(), process.log()
