# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishers that are gone."""

from typing import Any, Callable, Dict, Optional

from rclpy.node import Node

from ser_ros.nodes.inputs import Problem, Watched, publishers


class Departures(Watched):
    """Notice that one of several publishers of a topic is gone: what it said holds no longer."""

    def __init__(self, node: Node, topic: str, on_gone: Callable[[], None]):
        """Watch from now on.

        Args:
            node: the node that listens.
            topic: name of the topic.
            on_gone: is called while others are still there.
        """
        self._node = node
        self._topic = topic
        self._on_gone = on_gone
        self.stop()

    def stop(self) -> None:
        """Forget who was there."""
        self._known: Dict[str, str] = {}

    def look(self, values: Dict[str, Any]) -> Optional[Problem]:
        """Call back if a publisher is gone."""
        there = publishers(self._node, self._topic)
        is_gone = any(gid not in there for gid in self._known)
        self._known = there
        if is_gone and there:
            self._on_gone()
        return None
