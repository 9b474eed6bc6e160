# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node that watches the graph and hands on what it hears as plain values."""

from typing import Any, Callable, Dict, Type

from rclpy.node import Node

from ser_ros.nodes import topics
from ser_ros.nodes.audio_capture import AudioCapture
from ser_ros.nodes.audio_progress import ProgressReport
from ser_ros.nodes.emotion_inference import EmotionInference
from ser_ros.nodes.feature_extraction import FeatureExtraction
from ser_ros.nodes.managed import ManagedNode
from ser_ros.nodes.mitigation_responder import MitigationResponder
from ser_ros.nodes.plain_values import (
    emotion_values,
    end_values,
    mitigation_values,
    window_values,
)

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
        self.create_subscription(
            topic.message, topic.name, lambda message: listener(to_values(message)),
            topic.profile)

    @property
    def connected(self) -> bool:
        """Whether emotions and mitigations, once there are any, will be heard."""
        return all(self.count_publishers(topic) for topic in ('emotion', 'mitigation'))
