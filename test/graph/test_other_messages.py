# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""REP-155 and Nav2, where their messages are installed: the real ones' fields, built here once."""

import contextlib
import json
import os
import subprocess
import sys

import built_messages
import pytest
import yaml
from harness import printed_by, quoted
from std_msgs.msg import Float32
from talking import Person
from test_mitigation import content

from ser_ros.nodes import qos
from ser_ros.nodes.messages import Emotion, Mitigation

# Prints each message of a topic as a line of JSON.
ECHO = '''
import importlib, json, sys, rclpy
package, name = sys.argv[2].split('/')
kind = getattr(importlib.import_module(package + '.msg'), name)
rclpy.init()
node = rclpy.create_node('echo_' + name.lower())
def show(message):
    values = {field: getattr(message, field) for field in kind.get_fields_and_field_types()}
    values.pop('header', None)
    print(json.dumps({key: list(value) if isinstance(value, list) else value
                      for key, value in values.items()}), flush=True)
node.create_subscription(kind, sys.argv[1], show, 10)
rclpy.spin(node)
'''


@pytest.fixture(scope='session')
def environment():
    """What to add to the environment of processes that are to have the messages."""
    return built_messages.environment('interfaces')


@pytest.fixture
def echo(environment):
    """Return a function that returns the messages of a topic, a list that fills."""
    with contextlib.ExitStack() as stack:
        yield lambda topic, kind: stack.enter_context(
            printed_by(ECHO, json.loads, topic, kind, env=environment))


def test_every_emotion_in_the_words_of_rep_155(peer, start, environment, echo, speech):
    expressions = echo('humans/voices/guest/expression', 'hri_msgs/Expression')
    speaking = echo('humans/voices/guest/is_speaking', 'std_msgs/Bool')
    tracked = echo('humans/voices/tracked', 'hri_msgs/IdsList')
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    common = ['-p', 'autostart:=true']
    graph = [start('emotion_inference', *common, '-p', 'voice_id:=guest', '-p',
                   'min_confidence:=0.0', env=environment),
             start('feature_extraction', *common, env=environment)]
    for topic in 'guest/expression', 'guest/is_speaking', 'tracked':
        peer.wait_for(lambda topic=topic: peer.node.count_subscribers('humans/voices/' + topic)
                      and peer.node.count_publishers('humans/voices/' + topic), topic, graph)
    graph.append(start('audio_capture', *common, '-p', 'device:=' + quoted(speech)))
    peer.wait_for(lambda: expressions and tracked and speaking and emotions, 'emotions', graph)
    peer.wait_for(lambda: {'ids': ['guest']} in tracked, 'tracked voice', graph)
    assert {'data': True} in speaking
    assert set(expressions[0]) == {'expression', 'valence', 'arousal', 'confidence'}
    assert expressions[0]['expression']


def test_a_voice_that_cannot_be_a_topic_is_refused(peer, start, environment):
    process = start('emotion_inference', '-p', 'autostart:=true', '-p', "voice_id:='a guest'",
                    env=environment)
    peer.wait_for(lambda: "voice_id is 'a guest'; allowed: letters" in process.log(), 'complaint',
                  [process])


def test_nav2_is_slowed_down_and_never_told_that_there_is_no_limit(
        peer, start, environment, echo, tmp_path):
    values = content(stale_s=1.5)
    values['strategies']['calm']['steps'] = [
        {'actions': [{'slow_down': {'scale': 0.0, 'ramp_s': 0.2}}], 'wait_s': 1.0}]
    path = tmp_path / 'mitigation.yaml'
    path.write_text(yaml.safe_dump(values))
    limits = echo('speed_limit', 'nav2_msgs/SpeedLimit')
    scales = peer.listen(Float32, 'speed_scale', qos.SPEED)
    events = peer.listen(Mitigation, 'mitigation', qos.MITIGATION)
    process = start('mitigation_responder', '-p', 'autostart:=true',
                    '-p', 'config:=' + quoted(path), env=environment)
    peer.wait_active('mitigation_responder', processes=[process])
    peer.wait_for(lambda: peer.node.count_subscribers('speed_limit'), 'subscription', [process])
    person = Person(peer, 'anger')
    peer.wait_for(lambda: len(events) >= 2, 'end', [process])
    person.feels = None
    peer.wait_for(lambda: limits and limits[-1]['speed_limit'] == 100.0, 'full speed', [process])
    assert min(scale.data for scale in scales) == 0.0
    assert min(limit['speed_limit'] for limit in limits) == 1.0
    assert max(limit['speed_limit'] for limit in limits) == 100.0
    assert all(limit['percentage'] for limit in limits)


def test_another_voice_is_another_person(peer, start, environment, tmp_path):
    """Also where only the ids of voices say so."""
    values = content(cooldown_s=3600)
    path = tmp_path / 'mitigation.yaml'
    path.write_text(yaml.safe_dump(values))
    events = peer.listen(Mitigation, 'mitigation', qos.MITIGATION)
    process = start('mitigation_responder', '-p', 'autostart:=true',
                    '-p', 'config:=' + quoted(path), env=environment)
    peer.wait_active('mitigation_responder', processes=[process])
    person = Person(peer, 'anger')
    peer.wait_for(lambda: events, 'start', [process])
    person.feels = 'neutral'
    peer.wait_for(lambda: events[-1].phase == Mitigation.PHASE_RECOVERED, 'recovery', [process])
    person.feels = 'fear'
    publish = '''
import sys, time, rclpy
from hri_msgs.msg import IdsList
rclpy.init()
node = rclpy.create_node('voices')
publisher = node.create_publisher(IdsList, 'humans/voices/tracked', 10)
while not publisher.get_subscription_count():
    time.sleep(0.05)
for name in 'ann', 'ann', '', 'bob':
    publisher.publish(IdsList(ids=[name] if name else []))
assert publisher.wait_for_all_acked()
'''
    assert len(events) == 2
    subprocess.run([sys.executable, '-c', publish], check=True,
                   env=dict(os.environ, **environment))
    peer.wait_for(lambda: len(events) == 3, 'another start', [process])
    assert events[2].phase == Mitigation.PHASE_STARTED
