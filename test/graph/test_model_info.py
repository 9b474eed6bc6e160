# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Strangers who say what model there is, or send features for another one."""

import array

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from harness import NODES, Peer, diagnosis, quoted

from ser_ros.inference.model_file import Model
from ser_ros.nodes import qos
from ser_ros.nodes.inputs import publishers
from ser_ros.nodes.messages import Emotion, ModelInfo, SpeechFeatures
from ser_ros.nodes.parameters import load_defaults

INFERENCE, EXTRACTION = 'emotion_inference', 'feature_extraction'
OWN_SET = Model(load_defaults(INFERENCE)['model']).info.feature_set
OTHER_SET, OTHER_SHAPE = 'mel_yin_rms/1', [3, 128, 128]


@pytest.fixture
def stranger():
    stranger = Peer('stranger')
    yield stranger
    stranger.close()


def say_another_model(stranger, **values):
    assert OTHER_SET != OWN_SET
    publisher = stranger.node.create_publisher(ModelInfo, 'model_info', qos.LATCHED)
    publisher.publish(ModelInfo(
        name='another', feature_set=OTHER_SET, input_shape=OTHER_SHAPE, **values))
    return publisher


@pytest.mark.parametrize('is_first', [True, False])
@pytest.mark.parametrize('says_emotions', [True, False])
def test_another_model_info_makes_nobody_deaf(
        peer, stranger, start, speech, is_first, says_emotions):
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    windows = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    if says_emotions:  # such as a recording that is played
        stranger.node.create_publisher(Emotion, 'emotion', qos.EMOTION)
    if is_first:
        say_another_model(stranger, publisher='01.02.03')
    common = ['-p', 'autostart:=true']
    graph = [start(name, *common) for name in NODES[:-1]]
    peer.wait_active(INFERENCE, EXTRACTION, processes=graph)
    graph.append(start('audio_capture', *common, '-p', 'device:=' + quoted(speech)))
    peer.wait_for(lambda: len(emotions) >= 3, 'emotions', graph)
    if not is_first:
        publisher = say_another_model(stranger, publisher='01.02.03')
        peer.wait_for(publisher.get_subscription_count, 'subscription', graph)
    text = f"/emotion_inference is followed, but /stranger asks for '{OTHER_SET}'"
    peer.wait_for(lambda: diagnosis(diagnoses, EXTRACTION, message=text), 'warning', graph)
    peer.wait_for(lambda: text in graph[2].log(), 'line', graph)
    seen = len(emotions)
    peer.wait_for(lambda: len(emotions) >= seen + 3, 'more emotions', graph)
    assert {window.feature_set for window in windows} == {OWN_SET}
    assert 'received features' not in graph[1].log()


def test_a_message_under_the_name_of_the_right_node_is_corrected(
        peer, stranger, start_graph, speech):
    """Its GID is no secret."""
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    infos = peer.listen(ModelInfo, 'model_info', qos.LATCHED)
    graph = start_graph(speech)
    peer.wait_for(lambda: emotions and infos, 'emotions', graph.values())
    assert publishers(peer.node, 'model_info')[infos[0].publisher] == '/emotion_inference'
    say_another_model(stranger, publisher=infos[0].publisher)
    peer.wait_for(lambda: len(infos) > 2, 'repetition', graph.values())
    assert infos[-1].feature_set == OWN_SET
    seen = len(emotions)
    peer.wait_for(lambda: len(emotions) >= seen + 3, 'more emotions', graph.values())


def test_a_lone_node_needs_no_gid(peer, stranger, start):
    """Such as inference of one's own, which may change its model."""
    node = start(EXTRACTION, '-p', 'autostart:=true')
    publisher = say_another_model(stranger)
    peer.wait_for(lambda: f'computing {OTHER_SET}' in node.log(), 'first', [node])
    publisher.publish(ModelInfo(name='own', feature_set='waveform/1', input_shape=[16000]))
    peer.wait_for(lambda: 'computing waveform/1, windows of 1 s' in node.log(), 'next', [node])


def test_features_for_another_model_make_nobody_deaf(peer, stranger, start, speech):
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    common = ['-p', 'autostart:=true']
    graph = [start(INFERENCE, *common)]
    data = np.zeros(OTHER_SHAPE, np.float32).tobytes()
    foreign = stranger.node.create_publisher(SpeechFeatures, 'features', qos.FEATURES)
    stranger.node.create_timer(0.2, lambda: foreign.publish(SpeechFeatures(
        feature_set=OTHER_SET, shape=OTHER_SHAPE, data=array.array('f', data), period_s=0.2)))
    text = f"received features '{OTHER_SET}'"
    peer.wait_for(lambda: diagnosis(diagnoses, INFERENCE, message=text), 'error', graph)
    assert 'only one node may publish model_info and features' in graph[0].log()
    graph.append(start(EXTRACTION, *common))
    peer.wait_active(EXTRACTION, processes=graph)
    graph.append(start('audio_capture', *common, '-p', 'device:=' + quoted(speech)))
    peer.wait_for(lambda: len(emotions) >= 6, 'emotions', graph)
    assert [emotion.sequence for emotion in emotions[:6]] == list(range(6))
    peer.wait_for(lambda: diagnosis(
        diagnoses, INFERENCE, message='more than one publisher on features'), 'warning', graph)
