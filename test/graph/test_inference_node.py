# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The inference node on features that are not what it wants, and its words for ROS4HRI."""

import array

import numpy as np
import pytest
from std_msgs.msg import Header

from ser_ros.inference.model_file import Model
from ser_ros.nodes import hri, qos
from ser_ros.nodes.messages import Emotion, SpeechFeatures
from ser_ros.nodes.parameters import load_defaults
from ser_ros.nodes.stamps import to_stamp

NODE = 'emotion_inference'
START_NS = 1700000000 * 10**9
INFO = Model(load_defaults(NODE)['model']).info
SIZE = int(np.prod(INFO.input_shape))


def features(sequence, **changes):
    message = SpeechFeatures(
        feature_set=INFO.feature_set, shape=INFO.input_shape, sequence=sequence,
        data=array.array('f', [0.5] * SIZE), speech_probability=0.9)
    message.header.stamp = to_stamp(START_NS + sequence * 500000000)
    for name, value in changes.items():
        setattr(message, name, value)
    return message


@pytest.mark.parametrize('changes, complaint', [
    ({'feature_set': 'other/1'}, "received features 'other/1'"),
    ({'shape': [1, 2, 3]}, 'shape [1, 2, 3]'),
    ({'data': array.array('f', [0.5])}, 'features with 1 values'),
    ({'data': array.array('f', [float('nan')] * SIZE)}, 'window 0'),
    ({'speech_probability': 7.0}, 'speech probability is 7.0'),
    ({'speech_probability': float('nan')}, 'speech probability is nan'),
])
def test_features_that_do_not_fit_are_refused_and_the_next_are_served(
        peer, start, changes, complaint):
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    publisher = peer.node.create_publisher(SpeechFeatures, 'features', qos.FEATURES)
    process = start(NODE, '-p', 'autostart:=true')
    peer.wait_until_connected([process])
    peer.wait_for(publisher.get_subscription_count, 'subscription', [process])
    for sequence in range(3):
        publisher.publish(features(sequence, **changes))
    publisher.publish(features(3))
    peer.wait_for(lambda: emotions, 'emotion', [process])
    assert [emotion.sequence for emotion in emotions] == [3]
    assert sum(emotions[0].probabilities) == pytest.approx(1.0, abs=1e-5)
    assert process.log().count(complaint) == 1
    assert 'Traceback' not in process.log()


def test_silence_keeps_its_place_and_a_threshold_holds_for_whole_windows(peer, start):
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    publisher = peer.node.create_publisher(SpeechFeatures, 'features', qos.FEATURES)
    process = start(NODE, '-p', 'autostart:=true')
    peer.wait_until_connected([process])
    peer.wait_for(publisher.get_subscription_count, 'subscription', [process])
    for sequence in range(6):
        publisher.publish(features(sequence, speech_probability=0.9 if sequence % 2 else 0.05))
    publisher.publish(features(6, muted=True))
    peer.wait_for(lambda: len(emotions) == 7, '7 emotions', [process])
    assert peer.set_parameter(NODE, 'min_speech', 0.95) == (True, '')
    publisher.publish(features(7))
    assert peer.set_parameter(NODE, 'min_speech', 0.02) == (True, '')
    publisher.publish(features(8, speech_probability=0.05))
    peer.wait_for(lambda: len(emotions) == 9, '9 emotions', [process])
    assert [emotion.sequence for emotion in emotions] == list(range(9))
    silent = [emotion.state == Emotion.STATE_NO_SPEECH for emotion in emotions]
    assert silent[:7] + silent[8:] == [True, False] * 3 + [True, False]
    assert '[ERROR]' not in process.log()


class Expression:
    """The fields of hri_msgs/Expression, and no others."""

    __slots__ = ('header', 'expression', 'valence', 'arousal', 'confidence')


@pytest.mark.parametrize('state, label, expression', [
    (Emotion.STATE_EMOTION, 'fear', 'scared'),
    (Emotion.STATE_EMOTION, 'happiness', 'happy'),
    (Emotion.STATE_EMOTION, 'boredom', None),
    (Emotion.STATE_EMOTION, 'anxious', None),
    (Emotion.STATE_EMOTION, 'others', None),
    (Emotion.STATE_UNCERTAIN, '', None),
    (Emotion.STATE_NO_SPEECH, '', None),
])
def test_the_words_of_rep_155(state, label, expression):
    emotion = Emotion(
        header=Header(frame_id='head'), state=state, label=label, confidence=0.5)
    message = Expression()
    assert hri.fill(message, emotion) == (expression is not None)
    if expression:
        assert message.expression == expression
        assert (message.header, message.confidence) == (emotion.header, 0.5)
