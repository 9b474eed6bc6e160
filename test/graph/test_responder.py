# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The mitigation responder as a node."""

import time

from diagnostic_msgs.msg import DiagnosticArray
from harness import diagnosis, quoted
from std_msgs.msg import Bool, String

from ser_ros.nodes import qos
from ser_ros.nodes.messages import Emotion, Mitigation, MitigationState
from ser_ros.nodes.stamps import to_stamp

NODE = 'mitigation_responder'
START_NS = 1700000000 * 10**9
SLOW_OR_FAST = '''
languages: [en]
timing: {min_confidence: 0.5, hold_s: 60, repeat_s: 0, recovery_s: 4, timeout_s: 20, cooldown_s: 0}
sensitivity: {keen: {hold_s: 0}}
responses: {anger: greet}
strategies: {greet: {start: {en: [Hello.]}}}
'''


def emotion(index, label):
    message = Emotion(state=Emotion.STATE_EMOTION, label=label, confidence=0.9)
    message.header.stamp = to_stamp(START_NS + index * 500000000)
    message.header.frame_id = 'head'
    return message


def test_an_episode_is_answered_and_ends(peer, start):
    mitigations = peer.listen(Mitigation, 'mitigation', qos.MITIGATION)
    said = peer.listen(String, 'say')
    # Half a minute of emotions comes at once.
    process = start(NODE, '-p', 'autostart:=true', '-p', 'tts_topic:=say', '-p', 'language:=ko',
                    '-p', 'qos_overrides./emotion.subscription.depth:=100')
    peer.wait_active(NODE, processes=[process])
    publisher = peer.node.create_publisher(Emotion, 'emotion', 100)
    peer.wait_for(lambda: publisher.get_subscription_count(), 'subscription', [process])
    robot = peer.node.create_publisher(Bool, 'robot_speaking', qos.SPEAKING)
    peer.wait_for(robot.get_subscription_count, 'subscription', [process])
    for index in range(20):
        publisher.publish(emotion(index, 'sadness'))
    peer.wait_for(lambda: mitigations, 'start', [process])
    states = peer.listen(MitigationState, 'mitigation_state', qos.LATCHED)
    for speaks in True, False:  # meanwhile nobody is listened to
        robot.publish(Bool(data=speaks))
        time.sleep(0.5)
    peer.wait_for(lambda: states and states[-1].phase == MitigationState.PHASE_WATCHING,
                  'end of the text', [process])
    for index in range(20, 60):
        publisher.publish(emotion(index, 'neutral'))
    peer.wait_for(lambda: len(mitigations) >= 2, 'start and end', [process])
    assert [mitigation.phase for mitigation in mitigations] == [
        Mitigation.PHASE_STARTED, Mitigation.PHASE_RECOVERED]
    started = mitigations[0]
    assert (started.emotion, started.episode, started.language) == ('sadness', 1, 'ko')
    assert started.text and started.header.frame_id == 'head'
    assert abs(started.confidence - 0.9) < 1e-6
    assert started.duration_s > 0.0
    peer.wait_for(lambda: said, 'text to say', [process])
    assert said[0].data == started.text


def test_one_bad_message_does_not_end_it(peer, start):
    process = start(NODE, '-p', 'autostart:=true')
    peer.wait_active(NODE, processes=[process])
    publisher = peer.node.create_publisher(Emotion, 'emotion', qos.EMOTION)
    peer.wait_for(lambda: publisher.get_subscription_count(), 'subscription', [process])
    publisher.publish(Emotion(state=9))
    peer.wait_for(lambda: 'the state is 9; allowed: 0 (NO_SPEECH)' in process.log(), 'complaint',
                  [process])
    assert peer.state(NODE) == 'active'


def test_labels_without_a_probability_are_refused_and_counted(peer, start):
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    process = start(NODE, '-p', 'autostart:=true')
    peer.wait_active(NODE, processes=[process])
    publisher = peer.node.create_publisher(Emotion, 'emotion', qos.EMOTION)
    peer.wait_for(lambda: publisher.get_subscription_count(), 'subscription', [process])
    for index in range(3):
        message = emotion(index, 'anger')
        message.labels, message.probabilities = ['anger', 'neutral'], [1.0]
        publisher.publish(message)
    peer.wait_for(lambda: diagnosis(
        diagnoses, NODE, message='there are 2 labels and 1 probabilities',
        **{'refused emotions': '3'}), 'warning', [process])
    assert process.log().count('there are 2 labels') == 1


def test_a_bad_configuration_is_refused_in_one_line(peer, start, tmp_path):
    path = tmp_path / 'mitigation.yaml'
    path.write_text('languages: [en]\nresponses: {angry: calm}\n')
    process = start(NODE, '-p', 'autostart:=true', '-p', 'config:=' + quoted(path))
    peer.wait_for(lambda: str(path) in process.log(), 'complaint', [process])
    assert 'Traceback' not in process.log()
    assert peer.state(NODE) == 'unconfigured'


def test_the_sensitivity_changes_while_it_runs(peer, start, tmp_path):
    path = tmp_path / 'mitigation.yaml'
    path.write_text(SLOW_OR_FAST)
    mitigations = peer.listen(Mitigation, 'mitigation', qos.MITIGATION)
    process = start(NODE, '-p', 'autostart:=true', '-p', 'config:=' + quoted(path))
    peer.wait_active(NODE, processes=[process])
    publisher = peer.node.create_publisher(Emotion, 'emotion', qos.EMOTION)
    peer.wait_for(lambda: publisher.get_subscription_count(), 'subscription', [process])
    successful, reason = peer.set_parameter(NODE, 'sensitivity', 'nervous')
    assert not successful and "no sensitivity 'nervous'; available: normal, keen" in reason
    assert peer.set_parameter(NODE, 'sensitivity', 'keen') == (True, '')
    for index in range(8):  # far from the 60 s of normal
        publisher.publish(emotion(index, 'anger'))
    peer.wait_for(lambda: mitigations, 'start', [process])
    assert mitigations[0].text == 'Hello.'


def test_an_unknown_sensitivity_is_refused_with_those_of_the_file(peer, start):
    process = start(NODE, '-p', 'autostart:=true', '-p', 'sensitivity:=nervous')
    complaint = "no sensitivity 'nervous'; available: normal, calm, keen"
    peer.wait_for(lambda: complaint in process.log(), 'complaint', [process])
    assert peer.state(NODE) == 'unconfigured'
