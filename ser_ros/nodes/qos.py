# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The quality of service of every topic, and what is said when two sides do not match."""

from typing import Any, Callable, Mapping

from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSPolicyKind,
    QoSProfile,
    ReliabilityPolicy,
    qos_policy_name_from_kind,
)
from rclpy.qos_overriding_options import QoSOverridingOptions

try:
    from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import PublisherEventCallbacks, SubscriptionEventCallbacks


def _profile(
        depth: int, durability: DurabilityPolicy = DurabilityPolicy.VOLATILE) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST, depth=depth,
        reliability=ReliabilityPolicy.RELIABLE, durability=durability)


# 10 s of 20 ms chunks: best effort would make holes in the signal, and so would a short queue
# while a board is busy.
AUDIO = _profile(500)
# whisper_ros publishes its sound so.
OTHER_AUDIO = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=500, reliability=ReliabilityPolicy.BEST_EFFORT,
    durability=DurabilityPolicy.VOLATILE)
# What a late joiner must know: format, model.
LATCHED = _profile(1, DurabilityPolicy.TRANSIENT_LOCAL)
# A late joiner must know who is there, and no report of a node may hide that of another one.
PROGRESS = _profile(50, DurabilityPolicy.TRANSIENT_LOCAL)
FEATURES = _profile(20)
EMOTION = _profile(10)
MITIGATION = _profile(10)
SPEAKING = _profile(10)
PERSON = _profile(10)
VOICES = _profile(10)
DIAGNOSTICS = _profile(10)
BOND = _profile(5)
# A speed that is not renewed is no longer meant: the deadline says so to who follows it.
SPEED = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.RELIABLE,
    deadline=Duration(seconds=1), lifespan=Duration(seconds=1))

# So many emotions of other graphs do not displace those of the own one on their way to a node.
_EMOTIONS_HEARD = 100
# What so many publishers have latched must not displace each other on its way to a node.
_LATCHED_BY = 20

# What this node has to ask for, or to offer, so that any other side matches.
_LEAST = {'subscription': {'RELIABILITY': 'best_effort', 'DURABILITY': 'volatile'},
          'publisher': {'RELIABILITY': 'reliable', 'DURABILITY': 'transient_local'}}


def sequence_of(info: Mapping[str, Any]) -> int:
    """Return the number of a message among those of its publisher; 0 where it is not known."""
    return info.get('publication_sequence_number') or 0


def of_subscription(profile: QoSProfile) -> QoSProfile:
    """Return with which quality of service a node listens to a topic that has this one."""
    if profile.durability == DurabilityPolicy.TRANSIENT_LOCAL:
        return _profile(max(profile.depth, _LATCHED_BY), DurabilityPolicy.TRANSIENT_LOCAL)
    return _profile(_EMOTIONS_HEARD) if profile is EMOTION else profile


def overridable() -> QoSOverridingOptions:
    """Return options that declare the qos_overrides parameters of a topic."""
    return QoSOverridingOptions([
        QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH, QoSPolicyKind.RELIABILITY,
        QoSPolicyKind.DURABILITY])


def remedy(topic: str, side: str, policy: str) -> str:
    """Return how both sides of a topic can be made to match.

    Args:
        topic: its name.
        side: of this node, 'subscription' or 'publisher'.
        policy: name of the policy in which they differ, such as 'RELIABILITY'.
    """
    value = _LEAST[side].get(policy)
    if value is None:
        return f'Change the {policy.lower()} of the other side'
    return ('Make both sides agree, for example start this node with '
            f'-p qos_overrides.{topic}.{side}.{policy.lower()}:={value}')


def _warn(node: Node, topic: str, side: str, other: str) -> Callable[[Any], None]:
    def callback(event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        node.get_logger().warning(
            f'a {other} of {topic} has an incompatible quality of service ({policy}), so it and '
            f'this node exchange no messages. {remedy(topic, side, policy)}')
    return callback


def publisher_events(node: Node, topic: str) -> PublisherEventCallbacks:
    """Return callbacks that log a subscription which can't match, with the remedy."""
    return PublisherEventCallbacks(
        incompatible_qos=_warn(node, topic, 'publisher', 'subscription'))


def subscription_events(node: Node, topic: str) -> SubscriptionEventCallbacks:
    """Return callbacks that log a publisher which can't match, with the remedy."""
    return SubscriptionEventCallbacks(
        incompatible_qos=_warn(node, topic, 'subscription', 'publisher'))
