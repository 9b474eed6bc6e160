# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The model_info of emotion_inference, which says whose it is."""

import time
from typing import Callable

from ser_ros.inference.classifier import Classifier
from ser_ros.nodes.emotion_messages import to_model_info
from ser_ros.nodes.inputs import publishers
from ser_ros.nodes.managed import ManagedNode

TOPIC = 'model_info'
# So often it is repeated at most, where the features are those of another model.
_REPEAT_S = 2.0


class ModelAnnouncement:
    """Publish which model serves, under the GID of the publisher."""

    def __init__(self, node: ManagedNode, clock: Callable[[], float] = time.monotonic):
        """Make the publisher, which lives until cleanup.

        Args:
            node: the node, which has the topic.
            clock: a steady clock [s].
        """
        self._node = node
        self._clock = clock
        self._said_s = -_REPEAT_S
        before = publishers(node, TOPIC)
        self._publisher = node.publish_to(TOPIC)
        own = [gid for gid, name in publishers(node, TOPIC).items()
               if gid not in before and name == node.get_fully_qualified_name()]
        # Where the middleware does not know its own publishers, feature_extraction goes by less.
        self._gid = own[0] if own else ''

    def publish(self, classifier: Classifier) -> None:
        """Say what serves."""
        self._said_s = self._clock()
        message = to_model_info(classifier)
        message.header.stamp = self._node.get_clock().now().to_msg()
        message.publisher = self._gid
        self._publisher.publish(message)

    def repeat(self, classifier: Classifier) -> None:
        """Say it again, since the features are for another model; not for each window."""
        if self._clock() - self._said_s >= _REPEAT_S:
            self.publish(classifier)
