# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The same emotions in the words of ROS4HRI (REP-155), where hri_msgs is installed."""

from typing import Any

from ser_ros.emotion.labels import HRI_EXPRESSIONS
from ser_ros.nodes import qos
from ser_ros.nodes.managed import ManagedNode
from ser_ros.nodes.messages import Emotion
from ser_ros.nodes.topics import publishes

TOPIC = publishes('humans/voices/anonymous_speaker/expression', 'hri_msgs/Expression',
                  qos.EMOTION, 'Every Emotion that names one, in the words of REP-155.')


def fill(expression: Any, emotion: Emotion) -> bool:
    """Write an Emotion into an hri_msgs/Expression.

    Returns:
        whether it says something: REP-155 has no word for silence, doubt, or an emotion that is not
        among its own.
    """
    if emotion.state != Emotion.STATE_EMOTION or emotion.label not in HRI_EXPRESSIONS:
        return False
    expression.header = emotion.header
    expression.expression = HRI_EXPRESSIONS[emotion.label]
    expression.valence = emotion.valence
    expression.arousal = emotion.arousal
    expression.confidence = emotion.confidence
    return True


class HriMirror:
    """Publish every Emotion that names one also as hri_msgs/Expression."""

    def __init__(self, node: ManagedNode):
        self._message_class = TOPIC.message_class()
        self._publisher = node.publish_to(TOPIC.name)

    def publish(self, emotion: Emotion) -> None:
        """Publish an Emotion in the words of REP-155."""
        expression = self._message_class()
        if fill(expression, emotion):
            self._publisher.publish(expression)
