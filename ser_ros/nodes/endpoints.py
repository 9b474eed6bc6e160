# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The publishers and subscriptions of a node, which give themselves back."""

from typing import Any, Callable, List

from rclpy.lifecycle import LifecycleNode
from rclpy.publisher import Publisher
from rclpy.subscription import Subscription

from ser_ros.errors import SerError
from ser_ros.nodes import qos
from ser_ros.nodes.ros_errors import RCLError, first_line
from ser_ros.nodes.topics import Topic


class Endpoints:
    """Make a node's publishers and subscriptions, and destroy them with its life cycle.

    All of them can be given another quality of service by parameters, and say in the log where it
    does not match the other side's.
    """

    def __init__(self, node: LifecycleNode):
        self._node = node
        self._publishers: List[Any] = []  # LifecyclePublisher; Publisher where latched
        self._subscriptions: List[Subscription] = []

    def publisher(self, topic: Topic, name: str) -> Publisher:
        """Make a publisher of a topic under a name.

        Raises:
            SerError: if ROS refuses, such as for the quality of service that was asked for.
        """
        node = self._node
        create = node.create_publisher if topic.latched else node.create_lifecycle_publisher
        try:
            publisher = create(
                topic.message_class(), name, topic.profile,
                qos_overriding_options=qos.overridable(),
                event_callbacks=qos.publisher_events(node, node.resolve_topic_name(name)))
        except RCLError as error:
            raise SerError(f'cannot publish on {name}: {first_line(error)}') from error
        self._publishers.append(publisher)
        return publisher

    def subscription(
            self, topic: Topic, name: str, callback: Callable[..., None]) -> Subscription:
        """Make a subscription to a topic under a name."""
        node = self._node
        subscription = node.create_subscription(
            topic.message_class(), name, callback, qos.of_subscription(topic.profile),
            qos_overriding_options=qos.overridable(),
            event_callbacks=qos.subscription_events(node, node.resolve_topic_name(name)))
        self._subscriptions.append(subscription)
        return subscription

    def destroy_subscription(self, subscription: Subscription) -> None:
        """Destroy one subscription."""
        self._subscriptions.remove(subscription)
        self._node.destroy_subscription(subscription)

    def destroy_publishers(self) -> None:
        """Destroy all publishers."""
        while self._publishers:
            self._node.destroy_lifecycle_publisher(self._publishers.pop())

    def destroy_subscriptions(self) -> None:
        """Destroy all subscriptions."""
        while self._subscriptions:
            self._node.destroy_subscription(self._subscriptions.pop())
