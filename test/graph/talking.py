# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A person who speaks to the responder, in emotions instead of sound."""

from rclpy.clock import Clock, ClockType

from ser_ros.emotion.labels import EMOTIONS
from ser_ros.nodes import qos
from ser_ros.nodes.messages import Emotion

PERIOD_S = 0.1


class Person:
    """Publishes an Emotion ten times a second, stamped with the time at which it is sent.

    Attributes:
        feels: the emotion; '' is silence, None publishes nothing at all.
        confidence: of the emotion.
    """

    def __init__(self, peer, feels='', topic='emotion'):
        self.feels = feels
        self.confidence = 0.9
        self._node = peer.node
        self._publisher = peer.node.create_publisher(Emotion, topic, qos.EMOTION)
        self._timer = peer.node.create_timer(
            PERIOD_S, self._speak, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def connected(self):
        return self._publisher.get_subscription_count() > 0

    def _speak(self):
        if self.feels is None:
            return
        message = Emotion()
        message.header.stamp = self._node.get_clock().now().to_msg()
        if self.feels:
            message.state, message.label = Emotion.STATE_EMOTION, self.feels
            message.confidence = self.confidence
            message.labels = list(EMOTIONS)
            rest = 0.1 / (len(EMOTIONS) - 1)
            message.probabilities = [
                0.9 if label == self.feels else rest for label in EMOTIONS]
            message.speech_probability = 1.0
        self._publisher.publish(message)
