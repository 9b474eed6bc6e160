# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the robot offers to the actions of the mitigation, as publishers."""

from typing import Any, Callable, Optional, Tuple

from rclpy.exceptions import InvalidTopicNameException
from rclpy.publisher import Publisher
from rclpy.validate_topic_name import validate_topic_name
from std_msgs.msg import Bool, ColorRGBA, Float32, String

from ser_ros.errors import SerError
from ser_ros.mitigation.actions.base import Outlets
from ser_ros.nodes import local_sound, qos
from ser_ros.nodes.local_sound import LocalSounds
from ser_ros.nodes.managed import ManagedNode
from ser_ros.nodes.parameters import AT_START, spec
from ser_ros.nodes.topics import Topic, publishes

SPEED_LIMIT = publishes(
    'speed_limit', 'nav2_msgs/SpeedLimit', qos.MITIGATION,
    'The same for Nav2, as a percentage. It is never 0, which means no limit there.')
PARAMETERS = (
    spec('tts_topic', 'Additional topic for the texts as std_msgs/String, for a '
         'text-to-speech node. Empty: no such topic.', changes=AT_START),
) + local_sound.PARAMETERS + (
    spec('robot_speaking_s', 'Time after a sound of this node until robot_speaking is false '
         '[s].', range=(0.0, 10.0)),
)
TOPICS: Tuple[Topic, ...] = (
    publishes('', String, qos.MITIGATION, 'The texts of the answers.', parameter='tts_topic'),
    publishes('robot_speaking', Bool, qos.SPEAKING, 'Whether an action makes a sound here.'),
    publishes('speed_scale', Float32, qos.SPEED, 'The share of its speed at which the robot is to '
              'move. Without a message for 1 s it is 1.'),
    SPEED_LIMIT,
    publishes('mitigation/light', ColorRGBA, qos.LATCHED,
              'A colour to show. Alpha 0 gives the light back.'),
    publishes('mitigation/notify', String, qos.LATCHED,
              'A call for a human. Empty: the call is over.'),
)

# Nav2 takes 0 for no limit at all, so a robot that is to stand still gets this [%].
_SLOWEST_PERCENT = 1.0
# While an action makes a sound, robot_speaking is repeated this often.
_REPEAT_S = 0.4


class RobotOutlets:
    """Publishers of what actions do, and the sounds of this node, from configure to cleanup.

    Attributes:
        outlets: as actions get them.
        sounds: makes the sounds.
    """

    def __init__(self, node: ManagedNode, robot_speaking: Callable[[], bool]) -> None:
        """Make the publishers.

        Args:
            node: has the TOPICS and PARAMETERS of this module.
            robot_speaking: says whether the robot speaks.

        Raises:
            SerError: the parameter tts_topic cannot be the name of a topic, or something is
                missing that local sounds need.
        """
        self._node = node
        self._hang_over_s: float = node.value('robot_speaking_s')
        values = {each.name: node.value(each.name) for each in local_sound.PARAMETERS}
        self.sounds = LocalSounds(dict(values, sound_folder=node.file('sound_folder')))
        # How many heard that the full speed is back, until there is another one.
        self._restored_for: Optional[int] = None
        self._speaking = False
        self._silent_s = 0.0
        self._said: Optional[float] = None
        self._tts: Optional[Publisher] = None
        if node.value('tts_topic'):
            _check_topic(node.value('tts_topic'))
            self._tts = node.publish_to('tts_topic')
        self._robot_speaking = node.publish_to('robot_speaking')
        self._speed = node.publish_to('speed_scale')
        self._speed_limit: Optional[Publisher] = None
        if SPEED_LIMIT.message_class() is not None:
            self._speed_limit = node.publish_to(SPEED_LIMIT.name)
        light = node.publish_to('mitigation/light')
        self._notices = node.publish_to('mitigation/notify')
        self._calls_human = False
        self.outlets = Outlets(
            publish_text=self._publish_text,
            publish_speed=self.publish_speed,
            publish_colour=lambda *rgba: light.publish(
                ColorRGBA(**dict(zip('rgba', map(float, rgba))))),
            publish_notice=self._publish_notice,
            robot_speaking=robot_speaking,
            speaking=self._set_speaking)
        self.sounds.serve(self.outlets)

    def restore(self) -> None:
        """Undo what a process that was killed may have left: a lower speed, and a light."""
        self.outlets.publish_colour(0.0, 0.0, 0.0, 0.0)
        self._restore_speed()

    def _restore_speed(self) -> None:
        listeners = self._speed_listeners()
        self.publish_speed(1.0)
        self._restored_for = listeners

    def _speed_listeners(self) -> int:
        return sum(publisher.get_subscription_count()
                   for publisher in (self._speed, self._speed_limit) if publisher is not None)

    def withdraw_notice(self) -> None:
        """Say that no human is needed any more, if one was called."""
        if self._calls_human:
            self._publish_notice('')

    def _publish_notice(self, text: str) -> None:
        self._calls_human = bool(text)
        self._notices.publish(String(data=text))

    def publish_speed(self, scale: float) -> None:
        """Publish a share of the robot's speed, at most 1."""
        self._restored_for = None
        scale = min(1.0, max(0.0, scale))
        self._speed.publish(Float32(data=scale))
        if self._speed_limit is not None:
            limit: Any = SPEED_LIMIT.message_class()()
            limit.header.stamp = self._node.get_clock().now().to_msg()
            limit.percentage = True
            limit.speed_limit = max(_SLOWEST_PERCENT, 100.0 * scale)
            self._speed_limit.publish(limit)

    def tick(self, now_s: float) -> None:
        """Repeat what others may have missed; called at 2 Hz or more.

        That is that a sound is made here, until it is over, and a speed that was restored before
        all who follow it knew of this node.
        """
        if self._restored_for is not None and self._speed_listeners() > self._restored_for:
            self._restore_speed()
        if self._said is None:
            return
        if self._speaking or 0.0 <= now_s - self._silent_s < self._hang_over_s:
            if not 0.0 <= now_s - self._said < _REPEAT_S:
                self._say_speaking(True, now_s)
        else:
            self._say_speaking(False, now_s)

    def silence(self) -> None:
        """Say that nothing is heard any more, if something was."""
        self._speaking = False
        if self._said is not None:
            self._say_speaking(False, 0.0)

    def _set_speaking(self, speaking: bool) -> None:
        now_s = self._node.now_ns() * 1e-9
        if self._speaking and not speaking:
            self._silent_s = now_s
        self._speaking = speaking
        if speaking:
            self._say_speaking(True, now_s)

    def _say_speaking(self, speaking: bool, now_s: float) -> None:
        self._said = now_s if speaking else None
        self._robot_speaking.publish(Bool(data=speaking))

    def _publish_text(self, text: str) -> None:
        if self._tts is not None and text:
            self._tts.publish(String(data=text))


def _check_topic(topic: str) -> None:
    try:
        validate_topic_name(topic)
    except InvalidTopicNameException as error:
        raise SerError(
            f"tts_topic {topic!r} is not a valid topic name: {' '.join(str(error).split())}"
        ) from error
