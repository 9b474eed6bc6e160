# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Nodes that are activated again, and speakers that die, while there is sound."""

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from harness import chunks_of, diagnosis, repeated
from lifecycle_msgs.msg import Transition
from std_msgs.msg import Bool
from test_audio_in import FEATURE_SET, NODE, Speaker

from ser_ros.nodes import qos
from ser_ros.nodes.messages import Emotion, SpeechFeatures
from ser_ros.nodes.stamps import to_ns

WINDOW_S = PERIOD_S = 0.5


def activate_again(peer, name):
    for transition in Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE:
        assert peer.transition(name, transition)


@pytest.fixture
def sound(speech, tmp_path):
    """Return the path of 36 s of speech."""
    return repeated(speech, tmp_path / 'sound.wav', 3)


def test_a_file_waits_while_feature_extraction_is_activated_again(
        peer, play_fast, sound):
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    features = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    graph, ends = play_fast(sound, WINDOW_S)
    for count in (1, 5, 10):
        peer.wait_for(lambda count=count: len(features) >= count, 'windows', graph.values())
        assert peer.transition(NODE, Transition.TRANSITION_DEACTIVATE)
        diagnoses.clear()
        peer.wait_for(lambda: diagnosis(diagnoses, 'audio_capture', **{
            'file waits for': '/' + NODE}), 'pause of the file', graph.values())
        assert peer.transition(NODE, Transition.TRANSITION_ACTIVATE)
    peer.wait_for(lambda: ends, 'end', graph.values())
    end_ns = to_ns(ends[0].header.stamp)
    peer.wait_for(lambda: to_ns(features[-1].header.stamp) > end_ns - PERIOD_S * 1e9,
                  'the last window', graph.values())
    peer.wait_for(lambda: len(emotions) == len(features), 'emotions', graph.values())
    assert [emotion.sequence for emotion in emotions] == list(range(len(features)))
    # Each time there is an empty window, and the little that was under way.
    starts_s = np.array([to_ns(window.window_start) for window in features]) * 1e-9
    steps_s = np.diff(starts_s)
    assert np.count_nonzero(np.abs(steps_s - PERIOD_S) > 0.01) <= 3
    assert steps_s.max() < PERIOD_S + WINDOW_S + 1.0
    assert end_ns * 1e-9 - starts_s[0] == pytest.approx(36.0, abs=0.01)


@pytest.mark.parametrize('name', ['emotion_inference', 'mitigation_responder'])
def test_a_file_goes_on_where_a_later_node_is_activated_again(
        peer, play_fast, sound, name):
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    features = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    graph, ends = play_fast(sound, WINDOW_S)
    for count in (1, 10):
        peer.wait_for(lambda count=count: len(features) >= count, 'windows', graph.values())
        activate_again(peer, name)
    peer.wait_for(lambda: ends, 'end', graph.values())
    peer.wait_for(lambda: emotions[-1].sequence == 71, 'the last emotion', graph.values())
    assert [window.sequence for window in features] == list(range(72))
    assert 'has not followed' not in graph['audio_capture'].log()


def test_one_of_three_speakers_dies_while_it_speaks(peer, start, speech):
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    node = start(NODE, '-p', 'autostart:=true', '-p', 'feature_set:=' + FEATURE_SET,
                 '-p', 'speaking_timeout_s:=2.0')
    peer.wait_active(NODE, processes=[node])
    speakers = [peer.node.create_publisher(Bool, 'robot_speaking', 10) for _ in range(3)]
    for publisher in speakers:
        peer.wait_for(publisher.get_subscription_count, 'subscription', [node])
    speaking = [True, False, False]
    sound = Speaker(peer, node)
    chunks = chunks_of(speech, 640)
    state = {'next': 0}

    def said(muted):
        """Let all say what they do, hear half a second, and look at the newest window."""
        for publisher, speaks in zip(speakers, speaking):
            publisher.publish(Bool(data=speaks))
        first = state['next'] % 500
        sound.say(chunks[first:first + 25])
        state['next'] = first + 25
        return len(sound.windows) > state.get('seen', 0) and sound.windows[-1].muted == muted

    peer.wait_for(lambda: said(True), 'muted window', [node])
    peer.node.destroy_publisher(speakers.pop(0))
    speaking.pop(0)
    peer.wait_for(lambda: said(False), 'window that is not muted', [node])
    state['seen'] = len(sound.windows)
    speaking[1] = True
    peer.wait_for(lambda: said(True), 'muted window', [node])
    speaking[1] = False
    peer.wait_for(lambda: said(False), 'window that is not muted', [node])
    peer.wait_for(lambda: diagnosis(diagnoses, NODE), 'diagnostics', [node])


def test_a_file_waits_for_a_feature_extraction_that_is_started_again(
        peer, start, play_fast, sound):
    """As the kernel ends it when memory is short, and respawn starts it again."""
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    features = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    graph, ends = play_fast(sound, WINDOW_S)
    peer.wait_for(lambda: len(emotions) >= 10, 'emotions', graph.values())
    graph[NODE].kill()
    before = len(features)
    graph[NODE] = start(NODE, '-p', 'autostart:=true')
    peer.wait_for(lambda: ends, 'end', graph.values())
    end_ns = to_ns(ends[0].header.stamp)
    peer.wait_for(lambda: to_ns(emotions[-1].header.stamp) > end_ns - PERIOD_S * 1e9,
                  'the last emotion', graph.values())
    # The sound that was under way is lost with the process, and the window is filled again.
    lost_s = (to_ns(features[before].window_start) - to_ns(features[before - 1].header.stamp)) / 1e9
    assert lost_s < 1.5
    assert [window.sequence for window in features[before:]] == list(range(len(features) - before))
    assert 'has not followed' not in graph['audio_capture'].log()
