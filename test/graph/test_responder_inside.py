# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The responder in the process of the test: what is hard to see from outside."""

import json
from datetime import datetime
from types import SimpleNamespace

import pytest
import rclpy
import yaml
from rclpy.parameter import Parameter

from ser_ros.mitigation.memory import TIME_FORMAT, EpisodeMemory, Memory, to_dict
from ser_ros.nodes import hri
from ser_ros.nodes.messages import Emotion, Mitigation
from ser_ros.nodes.mitigation_responder import MitigationResponder
from ser_ros.nodes.stamps import to_ns, to_stamp
from ser_ros.resources import share_path


def other_file(folder, **timing):
    """Return the path of the file of the package with other values."""
    with open(share_path('config', 'mitigation.yaml'), encoding='utf-8') as file:
        content = yaml.safe_load(file)
    content['timing'].update(timing)
    content['learning'] = {'helped': 7.0}
    path = folder / 'other.yaml'
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding='utf-8')
    return str(path)


class Published(list):
    """In place of a publisher."""

    publish = list.append

    def get_subscription_count(self):
        return 1

    def wait_for_all_acked(self, _):
        return True


@pytest.fixture
def ros(state_home):
    rclpy.init(args=['--ros-args', '-p', 'learning:=true', '-p', 'learning_seed:=1'])
    yield
    rclpy.shutdown()


@pytest.fixture
def make(ros):
    """Return a function that returns a node and what it publishes on mitigation."""
    nodes = []

    def make():
        node = MitigationResponder()
        nodes.append(node)
        node.trigger_configure()
        published = node._events._publisher = Published()
        return node, published

    yield make
    for node in nodes:
        node.close()


def call(node, service, **values):
    callback = next(each for each in node.services
                    if each.srv_name.endswith('/' + service)).callback
    return callback(SimpleNamespace(**values), SimpleNamespace())


def start_episode(node):
    start_ns = node.now_ns()
    for index in range(40):
        message = Emotion(state=Emotion.STATE_EMOTION, label='anger', confidence=0.9,
                          labels=['anger', 'neutral'], probabilities=[0.95, 0.05])
        message.header.stamp = to_stamp(start_ns + index * 500000000)
        node._on_emotion(message, {})
    assert node._responder.policy.state.emotion


@pytest.fixture
def killed(state_home):
    """Leave what a responder leaves that was killed in an episode."""
    state_home.mkdir(parents=True)
    now = datetime.now().strftime(TIME_FORMAT)
    memory = Memory(episodes=4, episode=EpisodeMemory(
        4, 'anger', 'make_room', 'en', 1, since=now, next=now, open=True))
    path = state_home / 'mitigation_responder.json'
    path.write_text(json.dumps(to_dict(memory)))
    return path


class TestBeforeItIsActive:
    @pytest.mark.parametrize('service, values', [
        ('pause', {'data': True}), ('acknowledge', {})])
    def test_a_service_leaves_the_closing_message_to_the_first_tick(
            self, killed, make, service, values):
        node, published = make()
        assert call(node, service, **values).success
        assert published == []
        assert json.loads(killed.read_text())['episode']['open']
        node.trigger_activate()
        node._on_tick()
        assert [message.phase for message in published] == [Mitigation.PHASE_RESTARTED]
        assert abs(to_ns(published[0].header.stamp) - node.now_ns()) < 10**10
        node._on_tick()
        assert len(published) == 1
        assert node._responder.policy.state.paused == (service == 'pause')

    def test_a_pause_outlasts_another_restart(self, killed, make):
        node, _ = make()
        call(node, 'pause', data=True)
        node.trigger_cleanup()
        node.trigger_configure()
        assert node._responder.policy.memory.paused
        assert call(node, 'pause', data=False).success
        assert not node._responder.policy.memory.paused


def test_reload_reaches_the_learner(make, tmp_path):
    node, _ = make()
    assert node._file.learner.settings.helped == 1.0
    node.set_parameters([Parameter('config', value=other_file(tmp_path))])
    assert node._file.learner.settings.helped == 7.0


def test_the_sensitivity_of_an_open_episode_is_that_of_its_file(make, tmp_path):
    node, published = make()
    node.trigger_activate()
    start_episode(node)
    policy = node._responder.policy
    before = policy.timing
    result, = node.set_parameters([Parameter('config', value=other_file(
        tmp_path, recovery_s=before.recovery_s + 3.0))])
    assert result.successful
    node.set_parameters([Parameter('sensitivity', value='keen')])
    assert policy.timing.recovery_s == before.recovery_s
    assert policy.timing != before
    call(node, 'acknowledge')
    assert policy.timing.recovery_s == before.recovery_s + 3.0


class TestNotice:
    @pytest.fixture
    def called(self, make):
        node, _ = make()
        node.trigger_activate()
        node._outlets._notices = Published()
        return node, node._outlets._notices

    def texts(self, notices):
        return [message.data for message in notices]

    def test_it_goes_away_when_a_human_has_acknowledged(self, called):
        node, notices = called
        call(node, 'acknowledge')
        assert notices == []
        node._outlets.outlets.publish_notice('Come.')
        call(node, 'acknowledge')
        call(node, 'acknowledge')
        assert self.texts(notices) == ['Come.', '']

    def test_it_goes_away_when_the_next_episode_starts(self, called):
        node, notices = called
        node._outlets.outlets.publish_notice('Come.')
        start_episode(node)
        assert self.texts(notices) == ['Come.', '']


def test_the_voice_of_our_own_mirror_is_nobody_else():
    changes = []
    voices = hri.VoiceIds(lambda: changes.append(1), 'anonymous_speaker')
    for _ in range(5):
        for ids in ['anonymous_speaker'], ['v42'], []:
            voices.hear(SimpleNamespace(ids=ids))
    assert changes == []
    voices.hear(SimpleNamespace(ids=['anonymous_speaker', 'v43']))
    assert changes == [1]
