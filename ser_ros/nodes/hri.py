# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The same emotions in the words of ROS4HRI (REP-155), where hri_msgs is installed."""

from ser_ros.emotion.labels import HRI_EXPRESSIONS
from ser_ros.nodes import qos
from ser_ros.nodes.messages import Emotion

TOPIC = 'humans/voices/anonymous_speaker/expression'


def message_type():
    """Return hri_msgs/Expression, or None where hri_msgs is not installed."""
    try:
        from hri_msgs.msg import Expression
    except ImportError:
        return None
    return Expression


def fill(expression, emotion) -> bool:
    """
    Write an Emotion into an hri_msgs/Expression.

    :return: whether it says something: REP-155 has no word for silence, doubt, or an emotion
        that is not among its own.
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

    def __init__(self, node, expression_type):
        self._type = expression_type
        self._publisher = node.publish_to(expression_type, TOPIC, qos.EMOTION)

    def publish(self, emotion) -> None:
        """Publish an Emotion in the words of REP-155."""
        expression = self._type()
        if fill(expression, emotion):
            self._publisher.publish(expression)
