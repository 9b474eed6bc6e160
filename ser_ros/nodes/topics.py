# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Topics of the nodes: declared with message type, direction, quality of service and meaning."""

import importlib
from typing import Any, NamedTuple, Sequence, Union

from rclpy.qos import DurabilityPolicy, QoSProfile

PUBLISHED = 'published'
SUBSCRIBED = 'subscribed'


class Topic(NamedTuple):
    """One topic of a node, as `publishes` and `subscribes` describe it.

    Attributes:
        name: relative name; '' where a parameter holds it. The value of a parameter stands for
            its name in braces.
        parameter: parameter that holds the name; '' where the name is fixed.
        message: message class, or 'PACKAGE/NAME' where the package may be missing.
        direction: PUBLISHED or SUBSCRIBED.
        profile: quality of service, unless parameters say otherwise.
        description: what the messages hold.
    """

    name: str
    parameter: str
    message: Union[type, str]
    direction: str
    profile: QoSProfile
    description: str

    @property
    def type_name(self) -> str:
        """The message type as ROS writes it in short: PACKAGE/NAME."""
        if isinstance(self.message, str):
            return self.message
        return f"{self.message.__module__.split('.')[0]}/{self.message.__name__}"

    @property
    def latched(self) -> bool:
        """Whether a late joiner gets the last message."""
        return self.profile.durability == DurabilityPolicy.TRANSIENT_LOCAL

    def message_class(self) -> Any:
        """Return the message class, or None where its package is not installed."""
        if not isinstance(self.message, str):
            return self.message
        return message_class(self.message)


def message_class(type_name: str) -> Any:
    """Return the class of a message, PACKAGE/NAME; None where there is none."""
    package, name = type_name.split('/')
    try:
        return getattr(importlib.import_module(package + '.msg'), name, None)
    except ImportError:
        return None


def publishes(name: str, message: Union[type, str], profile: QoSProfile, description: str,
              parameter: str = '') -> Topic:
    """Describe a topic that the node publishes."""
    return Topic(name, parameter, message, PUBLISHED, profile, description)


def subscribes(
        name: str, message: Union[type, str], profile: QoSProfile, description: str) -> Topic:
    """Describe a topic that the node listens to."""
    return Topic(name, '', message, SUBSCRIBED, profile, description)


def find(topics: Sequence[Topic], key: str, direction: str) -> Topic:
    """Return the topic with this name, or whose name this parameter holds.

    Raises:
        LookupError: if no such topic is declared in this direction, which is a fault of ours.
    """
    for topic in topics:
        if key in (topic.name, topic.parameter) and topic.direction == direction:
            return topic
    raise LookupError(f'{key} is not declared as {direction}: add it to TOPICS')
