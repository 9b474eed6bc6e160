# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The messages of one's own node on a topic on which others may publish as well."""

from typing import Any, Callable, Mapping, Optional, Sequence

from ser_ros.nodes.followed import Followed
from ser_ros.nodes.qos import sequence_of

# The own node does not give way to another one. Only where all its numbers were taken for others'.
_GONE_S = 30.0


class OwnStream:
    """Tell the messages of the own node from those of others.

    The own node publishes nothing before it is started. So whoever publishes before that is a
    stranger, and the first one afterwards is the own node.

    Attributes:
        has_strangers: whether others were there before the own node published.
    """

    def __init__(self, names: Callable[[], Sequence[str]]) -> None:
        """Take nothing before `start`.

        Args:
            names: as for `Followed`.
        """
        self.has_strangers = False
        self._names = names
        self._has_begun = False
        self._start_ns: Optional[int] = None
        self._followed = Followed(names, gone_s=_GONE_S)

    def start(self, now_ns: int) -> None:
        """Take it that the own node is started now [ns, of the system's clock]."""
        self._start_ns = now_ns

    def takes(self, info: Mapping[str, Any], stamp_ns: int) -> bool:
        """Return whether a message is one of the own node.

        Args:
            info: what rclpy gives with the message.
            stamp_ns: its stamp.
        """
        if self._start_ns is None or 0 < info.get('source_timestamp', 0) < self._start_ns:
            self.has_strangers = True
            self._followed.refuse(sequence_of(info), stamp_ns)
            return False
        taken = self._followed.takes(sequence_of(info), stamp_ns)
        if taken and not self._has_begun:
            # With others there, nobody knows whose the first message is.
            self._has_begun = True
            if len(self._names()) > 1:
                self.has_strangers = True
                return False
        return taken
