# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node that watches the graph and hands on what it hears as plain values."""

import time
from typing import Any, Callable, Dict, List, Type

from rclpy.node import Node

from ser_ros.audio.format import NS_PER_S
from ser_ros.nodes import qos, topics
from ser_ros.nodes.audio_capture import AudioCapture
from ser_ros.nodes.audio_progress import ProgressReport
from ser_ros.nodes.emotion_inference import EmotionInference
from ser_ros.nodes.feature_extraction import FeatureExtraction
from ser_ros.nodes.inputs import full_name, publisher_names
from ser_ros.nodes.managed import ManagedNode
from ser_ros.nodes.mitigation_responder import MitigationResponder
from ser_ros.nodes.own_stream import OwnStream
from ser_ros.nodes.plain_values import (
    emotion_values,
    end_values,
    mitigation_values,
    window_values,
)
from ser_ros.nodes.stamps import to_ns

# Another graph that starts later may use the same topics.
_STREAMS = ('emotion', 'features')

Listener = Callable[[Dict[str, Any]], None]


class Observer(Node):
    """Call back for every emotion, mitigation and window, and at the end of a file.

    A file waits for it, as for the other nodes: so nothing of it is missing in a record.

    Args:
        on_emotion: takes `emotion_values`.
        on_mitigation: takes `mitigation_values`.
        on_window: takes `window_values`.
        on_end: takes `end_values`.
    """

    def __init__(self, on_emotion: Listener, on_mitigation: Listener, on_window: Listener,
                 on_end: Listener):
        super().__init__('ser_ros_observer')
        self._streams: List[OwnStream] = []
        self._is_crowded = False
        self._progress = ProgressReport(self)

        def take_emotion(values: Dict[str, Any]) -> None:
            on_emotion(values)
            self._progress.finish(values['sequence'])

        self._listen(EmotionInference, 'emotion', emotion_values, take_emotion)
        self._listen(MitigationResponder, 'mitigation', mitigation_values, on_mitigation)
        self._listen(FeatureExtraction, 'features', window_values, on_window)
        self._listen(AudioCapture, 'audio/end_of_stream', end_values, on_end)
        self._progress.begin()

    def _listen(self, publisher: Type[ManagedNode], name: str,
                to_values: Callable[[Any], Dict[str, Any]], listener: Listener) -> None:
        topic = topics.find(publisher.TOPICS, name, topics.PUBLISHED)
        take: Callable[..., None] = lambda message: listener(to_values(message))  # noqa: E731
        if name in _STREAMS:
            take = self._of_own(name, take)
        self.create_subscription(
            topic.message, topic.name, take, qos.of_subscription(topic.profile))

    def _of_own(self, name: str, take: Callable[..., None]) -> Callable[..., None]:
        """Return what takes the messages of this graph alone."""
        stream = OwnStream(lambda: publisher_names(self, name))
        self._streams.append(stream)

        def take_own(message: Any, info: Dict[str, Any]) -> None:
            if stream.takes(info, to_ns(message.window_start)):
                take(message)

        return take_own

    def start(self) -> None:
        """Take it that from now on this graph publishes emotions; another one may have before.

        The nodes are there, but nothing is heard yet.
        """
        self._is_crowded = self.count_publishers('emotion') > 1
        for stream in self._streams:
            stream.start(int(time.time() * NS_PER_S))

    @property
    def has_strangers(self) -> bool:
        """Whether another graph publishes on the same topics, and was there first."""
        return self._is_crowded or any(stream.has_strangers for stream in self._streams)

    @property
    def connected(self) -> bool:
        """Whether emotions and mitigations of this graph, once there are any, will be heard."""
        return all(
            full_name(self.get_namespace(), node.NAME) in publisher_names(self, topic)
            for topic, node in (('emotion', EmotionInference), ('mitigation', MitigationResponder)))
