# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The same emotions in the words of ROS4HRI (REP-155), where hri_msgs is installed."""

import re
from typing import Any, Callable, Optional, Set

from std_msgs.msg import Bool

from ser_ros.emotion.labels import HRI_EXPRESSIONS
from ser_ros.errors import SerError
from ser_ros.nodes import qos
from ser_ros.nodes.managed import ManagedNode
from ser_ros.nodes.messages import Emotion
from ser_ros.nodes.parameters import spec
from ser_ros.nodes.stamps import to_s
from ser_ros.nodes.topics import publishes, subscribes

VOICE_ID = spec('voice_id', 'Name of the voice in the topics of REP-155, which are there if '
                'hri_msgs is installed.')
OWN_VOICE_ID = spec('voice_id', 'The voice_id of emotion_inference. This voice has no identity, so '
                    'it is never another person.')
EXPRESSION = publishes('humans/voices/{voice_id}/expression', 'hri_msgs/Expression', qos.EMOTION,
                       'Every Emotion that names one, in the words of REP-155.')
IS_SPEAKING = publishes('humans/voices/{voice_id}/is_speaking', Bool, qos.EMOTION,
                        'Whether there is speech in the window.')
TRACKED = publishes('humans/voices/tracked', 'hri_msgs/IdsList', qos.VOICES,
                    'The voice, while it was heard not long ago.')
TOPICS = (EXPRESSION, IS_SPEAKING, TRACKED)
VOICES = subscribes('humans/voices/tracked', 'hri_msgs/IdsList', qos.VOICES,
                    'The voices that are there. When all are other ones, the person has changed.')


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
    """Publish every Emotion also as REP-155 has it.

    Args:
        node: has TOPICS and the parameter VOICE_ID.

    Raises:
        SerError: the value of voice_id cannot be a part of a topic's name.
    """

    def __init__(self, node: ManagedNode):
        self._id = node.value('voice_id')
        if not re.fullmatch('[A-Za-z_][A-Za-z0-9_]*', self._id):
            raise SerError(f'voice_id is {self._id!r}; allowed: letters, digits and _, and no '
                           'digit at the beginning')
        self._expressions = node.publish_to(EXPRESSION.name)
        self._is_speaking = node.publish_to(IS_SPEAKING.name)
        self._tracked = node.publish_to(TRACKED.name)
        self._heard_s: Optional[float] = None

    def publish(self, emotion: Emotion, kept_s: float) -> None:
        """Publish an Emotion in the words of REP-155.

        Args:
            emotion: the next one.
            kept_s: silence after which the voice is no longer there.
        """
        stamp_s = to_s(emotion.header.stamp)
        speaks = emotion.state != Emotion.STATE_NO_SPEECH
        if speaks:
            self._heard_s = stamp_s
        is_tracked = self._heard_s is not None and 0.0 <= stamp_s - self._heard_s <= kept_s
        self._tracked.publish(TRACKED.message_class()(
            header=emotion.header, ids=[self._id] if is_tracked else []))
        self._is_speaking.publish(Bool(data=speaks))
        expression = EXPRESSION.message_class()()
        if fill(expression, emotion):
            self._expressions.publish(expression)


def mirror(node: ManagedNode) -> Optional[HriMirror]:
    """Return a mirror where hri_msgs is installed."""
    return HriMirror(node) if EXPRESSION.message_class() else None


class VoiceIds:
    """Notice by the ids of voices that somebody else speaks now.

    The voice of `HriMirror` is on the same topic. It is whoever speaks, so it does not count.

    Args:
        on_changed: is called then.
        own_id: of the voice of `HriMirror`.
    """

    def __init__(self, on_changed: Callable[[], None], own_id: str) -> None:
        self._on_changed = on_changed
        self._own_id = own_id
        self._ids: Set[str] = set()

    def hear(self, message: Any) -> None:
        """Take in an IdsList. Where nobody is there, the last ones count."""
        ids = set(message.ids) - {self._own_id}
        if not ids:
            return
        if self._ids and not ids & self._ids:
            self._on_changed()
        self._ids = ids
