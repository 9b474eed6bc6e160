# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far a node has come with the sound, for a file that waits for it."""

import threading
from typing import Any, Optional

from rclpy.node import Node

from ser_ros.nodes import qos
from ser_ros.nodes.inputs import UNKNOWN
from ser_ros.nodes.messages import AudioProgress
from ser_ros.nodes.stamps import to_stamp
from ser_ros.nodes.topics import publishes

TOPIC = publishes('audio/progress', AudioProgress, qos.PROGRESS,
                  'How far the node has come. A file waits for the slowest one.')
AUDIO = 'audio/audio_stamped'
# Sound between two reports.
_STEP_NS = 10**8


def listens(node: Node, topic: str, published: str, if_unknown: bool = False) -> bool:
    """Return whether a node that publishes on one topic listens to another.

    Args:
        node: any node of the graph.
        topic: the topic that is listened to.
        published: the topic by which the listener is known.
        if_unknown: what is returned where a listener has no name yet, since it was just found.
    """
    listeners = {(info.node_namespace, info.node_name)
                 for info in node.get_subscriptions_info_by_topic(topic)}
    if if_unknown and any(UNKNOWN in name for _, name in listeners):
        return True
    return bool(listeners) and any(
        (info.node_namespace, info.node_name) in listeners
        for info in node.get_publishers_info_by_topic(published))


class ProgressReport:
    """Publish how far a node has come, from `begin` to `end`, while somebody listens.

    A node that does not report is not waited for, so there is a publisher only in between.
    """

    def __init__(self, node: Node):
        """Report nothing yet of this node."""
        self._node = node
        self._hears_sound = False
        self._lock = threading.Lock()  # windows are finished in other threads
        self._publisher: Any = None
        self._last_ns: Optional[int] = None
        self._windows = 0

    @property
    def is_awaited(self) -> bool:
        """Whether a file that is played waits for this node, so that it need not drop anything."""
        return self._is_heard() and listens(self._node, TOPIC.name, AUDIO, if_unknown=True)

    def begin(self, windows: int = 0, hears_sound: bool = False) -> None:
        """Report that the node waits from now on.

        Args:
            windows: number of windows that it has made before.
            hears_sound: whether it takes in the sound itself, not only windows.
        """
        self._hears_sound = hears_sound
        with self._lock:
            if self._publisher is None:
                self._publisher = self._node.create_publisher(
                    TOPIC.message_class(), TOPIC.name, TOPIC.profile)
            self._last_ns = None
            self._publish(0, windows, begins=True)

    def end(self) -> None:
        """Report nothing from now on."""
        with self._lock:
            publisher, self._publisher = self._publisher, None
        if publisher is not None:
            self._node.destroy_publisher(publisher)

    def hear(self, stamp_ns: int, windows: int) -> None:
        """Report the sound up to a stamp, each 0.1 s and with each window.

        Args:
            stamp_ns: end of the newest chunk that is taken in.
            windows: number of windows that are made.
        """
        if (self._last_ns is not None and windows == self._windows
                and 0 <= stamp_ns - self._last_ns < _STEP_NS):
            return
        self._last_ns, self._windows = stamp_ns, windows
        with self._lock:
            if self._is_heard():
                self._publish(stamp_ns, windows)

    def finish(self, sequence: int) -> None:
        """Report that the node is done with the window of this number, however that ended."""
        with self._lock:
            if self._is_heard():
                self._publish(0, sequence + 1)

    def _is_heard(self) -> bool:
        publisher = self._publisher
        return publisher is not None and publisher.get_subscription_count() > 0

    def _publish(self, stamp_ns: int, windows: int, begins: bool = False) -> None:
        self._windows = windows
        message = AudioProgress(
            node=self._node.get_fully_qualified_name(), hears_sound=self._hears_sound,
            begins=begins, windows=min(windows, 2**32 - 1))
        message.header.stamp = to_stamp(stamp_ns)
        self._publisher.publish(message)
