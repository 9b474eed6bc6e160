# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What others see of the responder: the message of each step, and mitigation_state."""

import time
from typing import Any, List, Optional, Sequence

from rclpy.duration import Duration
from std_msgs.msg import Header

from ser_ros.mitigation.phases import Event
from ser_ros.mitigation.status import MitigationStatus
from ser_ros.nodes import qos
from ser_ros.nodes.managed import ManagedNode
from ser_ros.nodes.messages import Mitigation, MitigationState
from ser_ros.nodes.topics import publishes

EVENTS = publishes('mitigation', Mitigation, qos.MITIGATION, 'The steps of an answer.')
TOPIC = publishes('mitigation_state', MitigationState, qos.LATCHED,
                  'What the responder does now, on every change and once a second.')
PERIOD_NS = 10**9
# Those who listen do not know a new node at once. Its first events wait for them up to this long.
UNHEARD_S = 30.0
# How long a node that ends waits for somebody to have heard its last words.
LAST_WORDS_S = 0.3
# What counts as a change.
_FIELDS = ('phase', 'episode', 'emotion', 'strategy', 'step', 'actions', 'paused', 'answers_hour',
           'answers_day')


class EventPublisher:
    """Publish the steps of answers, the first ones when somebody listens."""

    def __init__(self, node: ManagedNode) -> None:
        self._publisher = node.publish_to(EVENTS.name)
        self._waiting: List[Mitigation] = []
        self._until_s = 0.0

    def begin(self) -> None:
        """Wait for those who listen, from now on."""
        self._until_s = time.monotonic() + UNHEARD_S

    def publish(self, event: Event, header: Header) -> None:
        """Publish an event now, or once somebody listens.

        Args:
            event: what happened.
            header: that of the latest Emotion.
        """
        self._waiting.append(_event_message(event, header))
        self.tick()

    def tick(self) -> None:
        """Publish what waits, if somebody listens by now or the time is over."""
        if self._waiting and (time.monotonic() >= self._until_s
                              or self._publisher.get_subscription_count()):
            self._flush()

    def end(self) -> None:
        """Publish everything, and give it a moment to arrive."""
        self._flush()
        self._publisher.wait_for_all_acked(Duration(seconds=LAST_WORDS_S))

    def _flush(self) -> None:
        for message in self._waiting:
            self._publisher.publish(message)
        self._waiting.clear()


class StatePublisher:
    """Publish what the policy and the runner say of themselves."""

    def __init__(self, node: ManagedNode) -> None:
        self._node = node
        self._publisher = node.publish_to(TOPIC.name)
        self._last: Optional[MitigationState] = None
        self._last_ns = 0

    def publish(self, status: MitigationStatus, actions: Sequence[str], active: bool) -> None:
        """Publish if something has changed, or a second is over.

        Args:
            status: of the policy.
            actions: names of those that run.
            active: whether the node is.
        """
        now_ns = self._node.now_ns()
        message = _message(status, actions, active)
        if (self._last is not None and 0 <= now_ns - self._last_ns < PERIOD_NS
                and _same(message, self._last)):
            return
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._last, self._last_ns = message, now_ns
        self._publisher.publish(message)


def _event_message(event: Event, header: Header) -> Mitigation:
    return Mitigation(
        header=header, phase=int(event.phase), episode=event.episode, emotion=event.emotion,
        confidence=event.confidence, duration_s=event.duration_s, strategy=event.strategy,
        text=event.text, language=event.language)


def _message(status: MitigationStatus, actions: Sequence[str], active: bool) -> MitigationState:
    phase = getattr(MitigationState, 'PHASE_' + status.phase.upper())
    return MitigationState(
        phase=phase if active else MitigationState.PHASE_INACTIVE, episode=status.episode,
        emotion=status.emotion, strategy=status.strategy, step=status.step,
        next_step_s=float(status.next_step_s), actions=list(actions), paused=status.paused,
        emotions=list(status.evidence), evidence=[float(value) for value in
                                                  status.evidence.values()],
        answers_hour=status.answers_hour, answers_day=status.answers_day)


def _same(one: Any, other: Any) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in _FIELDS)
