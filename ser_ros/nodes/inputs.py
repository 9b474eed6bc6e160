# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a node lives on: whether it comes, and from whom."""

import abc
from typing import Any, Dict, List, Optional, Sequence, Tuple

from rclpy.node import Node

from ser_ros.nodes.diagnostics import WARN
from ser_ros.nodes.followed import Followed
from ser_ros.nodes.messages import EndOfStream
from ser_ros.nodes.qos import sequence_of
from ser_ros.nodes.stamps import to_ns
from ser_ros.nodes.watchdog import Watchdog

Problem = Tuple[bytes, str]
# In the name of a node that is about to be found.
UNKNOWN = '_UNKNOWN_'


def publishers(node: Node, topic: str) -> Dict[str, str]:
    """Return who publishes on a topic.

    Returns:
        {GID: full name of the node}, the GID as `ros2 topic info --verbose` shows it.
    """
    return {_gid_text(info.endpoint_gid): full_name(info.node_namespace, info.node_name)
            for info in node.get_publishers_info_by_topic(topic)}


def publisher_names(node: Node, topic: str) -> List[str]:
    """Return the full names of the nodes that publish on a topic, one for each publisher."""
    return list(publishers(node, topic).values())


def full_name(namespace: str, name: str) -> str:
    """Return the full name of a node, which one that begins with / is already."""
    return name if name.startswith('/') else namespace.rstrip('/') + '/' + name


def _gid_text(gid: Sequence[int]) -> str:
    return '.'.join(f'{part:02x}' for part in gid)


class Watched(abc.ABC):
    """What a node lives on, and its diagnostics look at once a second."""

    @abc.abstractmethod
    def stop(self) -> None:
        """Watch no longer."""

    @abc.abstractmethod
    def look(self, values: Dict[str, Any]) -> Optional[Problem]:
        """Return level and text of a problem, and add to the values of the diagnostics."""


class Input(Watched):
    """The messages of one publisher of a topic, and a watchdog that misses them.

    Attributes:
        followed: whose messages are taken.
        watchdog: notices that none come.
    """

    def __init__(self, node: Node, topic: str, what: str, remedy: str):
        """Wait for nothing yet; see `start`.

        Args:
            node: the node that listens.
            topic: name of the topic.
            what: what the messages hold, such as 'sound'.
            remedy: what to look at where none come.
        """
        self._topic = topic
        self._log = node.get_logger()
        self._started = False
        self._others = ''
        self._changes = 0
        self.followed = Followed(lambda: publisher_names(node, topic))
        self.watchdog = Watchdog(
            what, remedy, self._log, lambda: node.get_clock().now().nanoseconds)

    def start(self) -> None:
        """Begin to wait, for whoever comes first."""
        self._started = True
        self._others = ''
        self.followed.forget()
        self.watchdog.start()

    def stop(self) -> None:
        """Wait no longer."""
        self._started = False

    def on_end(self, message: EndOfStream) -> None:
        """Take in the end of a file: nothing is missed until there is later sound."""
        self.watchdog.rest_after(to_ns(message.header.stamp))

    def takes(self, info: Dict[str, Any], start_ns: int, fits: bool = True) -> bool:
        """Return whether a message is to be used.

        Args:
            info: what rclpy gives with the message.
            start_ns: its stamp, or where its window starts.
            fits: whether the node can use it; see `Followed.takes`.
        """
        if not self.followed.takes(sequence_of(info), start_ns, fits):
            return False
        self.watchdog.hear(start_ns)
        return True

    def look(self, values: Dict[str, Any]) -> Optional[Problem]:
        """Return level and text of a problem, and add to the values of the diagnostics."""
        if not self._started:
            return None
        others = self.followed.others
        values[f'other publishers of {self._topic}'] = others
        values[f'refused of other publishers of {self._topic}'] = self.followed.refused
        text = (f'more than one publisher on {self._topic}; one is followed, not the messages of '
                f'{others}')
        if others != self._others and UNKNOWN not in others:
            self._others = others
            if others:
                self._log.warning(text)
        if self.followed.changes != self._changes:
            self._changes = self.followed.changes
            self._log.warning(f'another publisher of {self._topic} is followed now')
        silence = self.watchdog.look()
        if silence is None:
            return (WARN, text) if others else None
        level, missing = silence
        return level, f'{text}; {missing}' if others else missing
