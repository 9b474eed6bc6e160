# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which model_info is followed."""

from types import SimpleNamespace

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not sourced')

from ser_ros.nodes.followed_model import FollowedModel  # noqa: E402
from ser_ros.nodes.messages import ModelInfo  # noqa: E402

OWN, AGAIN, FOREIGN = '01', '02', '03'


class Graph:
    """The node that listens, and who publishes what."""

    def __init__(self):
        self.now_s = 100.0
        self.info = {}
        self.emotion = {}
        self.asked = []
        self.warnings = []
        self.followed = FollowedModel(self, lambda model: self.asked.append(model.feature_set),
                                      lambda: self.now_s)
        self.followed.start()

    def get_publishers_info_by_topic(self, topic):
        nodes = {'model_info': self.info, 'emotion': self.emotion}[topic]
        return [SimpleNamespace(endpoint_gid=[int(gid, 16)], node_namespace='/', node_name=name)
                for gid, name in nodes.items()]

    def create_timer(self, *_, **__):
        return object()

    def destroy_timer(self, timer):
        pass

    def get_logger(self):
        return SimpleNamespace(warning=self.warnings.append)

    def say(self, gid, feature_set):
        self.followed.hear(ModelInfo(publisher=gid, feature_set=feature_set, input_shape=[1]))

    def wait(self, seconds=1.0):
        self.now_s += seconds
        self.values = {}
        return self.followed.look(self.values)


@pytest.fixture
def graph():
    return Graph()


def with_inference(graph, gid=OWN):
    graph.info[gid] = graph.emotion['a' + gid] = 'inference'


def test_the_node_of_the_emotions_is_followed_at_once(graph):
    with_inference(graph)
    graph.say(OWN, 'own')
    assert graph.asked == ['own']
    assert graph.wait() is None


@pytest.mark.parametrize('gid', ['', '77', FOREIGN])
@pytest.mark.parametrize('is_first', [True, False])
def test_others_are_not(graph, gid, is_first):
    with_inference(graph)
    graph.info[FOREIGN] = 'foreign'
    messages = [(gid, 'other'), (OWN, 'own')]
    for message in messages if is_first else messages[::-1]:
        graph.say(*message)
    assert graph.asked == ['own']
    for _ in range(3):
        _, text = graph.wait()
        assert "/inference is followed, but /foreign asks for 'other'" in text
    assert graph.values['other publishers of model_info'] == '/foreign'
    assert len(graph.warnings) == 1
    del graph.info[FOREIGN]
    assert graph.wait() is None


def test_names_that_become_known_late(graph):
    """The nodes find each other one by one."""
    graph.say('', 'other')
    graph.say(OWN, 'own')
    graph.wait(0.1)
    assert graph.asked == []
    with_inference(graph)
    graph.wait(0.1)
    assert graph.asked == ['own']


def test_who_publishes_no_emotions_is_followed_where_nobody_else_is(graph):
    graph.info[FOREIGN] = 'foreign'
    graph.say('', 'other')
    assert graph.asked == []
    graph.wait()
    graph.say('', 'next')
    assert graph.asked == ['other', 'next']


def test_inference_that_starts_again_with_another_model(graph):
    graph.info[FOREIGN] = 'foreign'
    graph.say('', 'other')
    with_inference(graph)
    graph.say(OWN, 'own')
    graph.info.pop(OWN)
    graph.emotion.clear()
    graph.say('', 'other')
    graph.wait()  # its pause is nobody else's turn
    assert graph.asked == ['own']
    graph.say(AGAIN, 'next')
    with_inference(graph, AGAIN)
    graph.wait()
    assert graph.asked == ['own', 'next']


def test_the_first_of_two_graphs_is_followed_until_it_is_gone(graph):
    with_inference(graph)
    graph.say(OWN, 'own')
    graph.info[AGAIN] = graph.emotion['aa'] = 'inference'
    graph.say(AGAIN, 'second')
    assert graph.asked == ['own']
    assert "/inference asks for 'second'" in graph.wait()[1]
    del graph.info[OWN]
    assert graph.wait() is None
    assert graph.asked == ['own', 'second']


def test_a_flood_is_not_kept(graph):
    with_inference(graph)
    graph.say(OWN, 'own')
    for number in range(1000):
        graph.say(f'x{number}', 'other' * number)
    assert len(graph.followed._heard) <= 20
    assert max(len(model.feature_set) for model in graph.followed._heard.values()) <= 200
    assert graph.asked == ['own']
