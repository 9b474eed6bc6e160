#!/usr/bin/env python3
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that answers negative emotions."""

import sys
import time
from datetime import datetime
from typing import Any, Dict, List, Optional, Sequence

from rclpy.parameter import Parameter
from rclpy.timer import Timer
from std_msgs.msg import Bool, Empty, Header

from ser_ros.errors import SerError
from ser_ros.mitigation.actions.runner import ActionRunner
from ser_ros.mitigation.estimates import Now
from ser_ros.mitigation.memory import Memory
from ser_ros.mitigation.memory_file import MemoryFile
from ser_ros.mitigation.phases import Event, Phase, is_closing
from ser_ros.mitigation.responder import Responder
from ser_ros.nodes import (
    audio_progress,
    hri,
    managed,
    mitigation_file,
    mitigation_state,
    outlets,
    policy_file,
    process,
    qos,
)
from ser_ros.nodes.allowed_folders import ALLOWED_FOLDERS
from ser_ros.nodes.diagnostics import OK, WARN, Meter, Report
from ser_ros.nodes.emotion_messages import to_estimate
from ser_ros.nodes.few_lines import FewLines
from ser_ros.nodes.inputs import Input
from ser_ros.nodes.messages import Emotion, EndOfStream
from ser_ros.nodes.mitigation_services import Early, Services
from ser_ros.nodes.policy_file import PolicyFile
from ser_ros.nodes.stamps import NS_PER_S, latency_s, to_ns, to_stamp
from ser_ros.nodes.topics import subscribes
from ser_ros.windows.speakers import Speakers

# How often the policy is asked, and how often while actions run.
IDLE_NS = NS_PER_S // 2
RUNNING_NS = NS_PER_S // 10
# Who makes the robot talk and dies is not believed for longer.
SPEAKING_TIMEOUT_S = 30.0


class MitigationResponder(managed.ManagedNode):
    """Publish a Mitigation for every step of an episode of a negative emotion, and run its actions.

    Active: follows the emotions. In every other state it does nothing: an open episode is closed
    when the node leaves this state. Cool-down and limits go on. When and what it answers is
    written in the mitigation file.
    """

    NAME = 'mitigation_responder'
    PARAMETERS = mitigation_file.PARAMETERS + outlets.PARAMETERS + (
        hri.OWN_VOICE_ID, ALLOWED_FOLDERS) + policy_file.PARAMETERS
    TOPICS = (
        subscribes('emotion', Emotion, qos.EMOTION, 'The emotion in each window.'),
        subscribes('audio/end_of_stream', EndOfStream, qos.LATCHED, 'The end of a file.'),
        subscribes('person_changed', Empty, qos.PERSON, 'Another person speaks from now on.'),
        subscribes('robot_speaking', Bool, qos.SPEAKING, 'Whether the robot itself speaks.'),
        hri.VOICES,
        mitigation_state.EVENTS,
        mitigation_state.TOPIC,
        audio_progress.TOPIC,
    ) + outlets.TOPICS

    # From configure on.
    _file: PolicyFile
    _events: mitigation_state.EventPublisher
    _states: mitigation_state.StatePublisher
    _outlets: outlets.RobotOutlets

    def __init__(self) -> None:
        self._responder: Optional[Responder] = None
        self._speakers = Speakers(SPEAKING_TIMEOUT_S)
        self._timer: Optional[Timer] = None
        self._header = Header()
        self._meter, self._answers = Meter(), Meter()
        self._refused = 0
        super().__init__()
        self._log_problem = FewLines(self.get_logger().error)
        self._input = Input(self, 'emotion', 'emotion', 'Look at emotion_inference: does it run, '
                            'is it active, and does it get features?')
        self.inputs = [self._input]
        Services(self, self._configured, self._now, self._after, self._reload,
                 Early(lambda: self._restart_is_due, self._begin_with),
                 lambda: self._outlets.withdraw_notice())

    def configure(self) -> None:
        self._outlets = outlets.RobotOutlets(self, self._robot_speaks)
        self._file = PolicyFile(self, self._outlets.sounds.check)
        self._events = mitigation_state.EventPublisher(self)
        self._states = mitigation_state.StatePublisher(self)
        memory = MemoryFile(self.file('state_file'), self.get_fully_qualified_name())
        runner = ActionRunner(self._outlets.outlets, time.monotonic)
        self._responder = Responder(
            self._file.make_policy(memory.load()), runner, memory, self._publish,
            self._robot_speaks)
        self._complain()
        self._publish_state()

    def _begin_with(self, memory: Memory) -> None:
        """Begin with another memory; only before the first tick."""
        assert self._responder is not None
        self._responder.policy = self._file.make_policy(memory)
        self._responder.memory.store(memory)

    def activate(self) -> None:
        self._speakers.forget()
        self._events.begin()
        self._timer = self.create_timer(IDLE_NS / NS_PER_S, self._on_tick)
        self.subscribe_to('robot_speaking', self._on_speaking)
        self.subscribe_to('person_changed', self._on_person_changed)
        if hri.VOICES.message_class() is not None:
            self.subscribe_to(hri.VOICES.name, hri.VoiceIds(
                lambda: self._on_person_changed(Empty()), self.value('voice_id')).hear)
        self._input.start()
        self.subscribe_to('audio/end_of_stream', self._input.on_end)
        self.subscribe_to('emotion', self._on_emotion)
        self.progress.begin()

    def on_deactivate(self, state: managed.LifecycleState) -> managed.TransitionCallbackReturn:
        """SUCCESS: inactive. The open episode was closed while the publishers still worked."""
        self._end()
        return super().on_deactivate(state)

    def deactivate(self) -> None:
        self._end()

    def cleanup(self) -> None:
        if self._responder is not None:
            self._responder.memory.close()
        self._responder = None

    def _end(self) -> None:
        """Close the episode and end all actions; without effect where the node is not active."""
        if self._timer is None or self._responder is None:
            return
        self.destroy_timer(self._timer)
        self._timer = None
        self._responder.end(self._now())
        self._outlets.silence()
        self._publish_state()
        self._events.end()

    # The mitigation file.

    def check(self, changes: Sequence[Parameter]) -> None:
        """Refuse what the mitigation file does not have, and a file that is not right."""
        values = mitigation_file.changed(changes)
        if values and self._responder is not None:
            self._file.read(values)

    def accept(self, changes: Sequence[Parameter]) -> None:
        """Take over the sensitivity at once, and everything else from the next episode on."""
        values = mitigation_file.changed(changes)
        if values and self._responder is not None:
            self._file.configure(self._responder.policy, values)

    # What comes in.

    def _on_emotion(self, message: Emotion, info: Dict[str, Any]) -> None:
        estimate = to_estimate(message)
        if not self._input.takes(info, to_ns(message.window_start), fits=not estimate.problem):
            return
        self._refused += bool(estimate.problem)
        responder = self._responder
        if responder is None:
            return
        self._header = message.header
        responder.update(self._now(), estimate)
        self._after()
        self.progress.finish(message.sequence)
        if not responder.policy.problem:
            self._meter.tick(latency_s(self.now_ns(), message.header.stamp))

    def _on_speaking(self, message: Bool, info: Dict[str, Any]) -> None:
        self._speakers.hear(message.data, self.now_ns(), qos.sequence_of(info))

    def _robot_speaks(self) -> bool:
        self._speakers.expire(self.now_ns())
        return self._speakers.speaking

    def _on_person_changed(self, _: Empty) -> None:
        responder = self._responder
        if responder is not None:
            responder.person_changed(self._now())
            self._after()

    def _on_tick(self) -> None:
        responder = self._responder
        if responder is not None:
            responder.tick(self._now())
            self._events.tick()
            self._after()

    @property
    def _restart_is_due(self) -> bool:
        """Whether an episode of another run stays open until the node is active."""
        if self._responder is None or self._timer is not None:
            return False
        policy = self._responder.policy
        episode = policy.memory.episode
        return episode is not None and episode.open and not policy.state.emotion

    def _now(self) -> Now:
        return Now(self.now_ns() * 1e-9, datetime.now())

    # What goes out.

    def _after(self) -> None:
        """Do what is due after each step of the responder."""
        assert self._responder is not None
        self._outlets.tick(self._now().s)
        period_ns = RUNNING_NS if self._responder.runner.is_hurried else IDLE_NS
        if self._timer is not None and self._timer.timer_period_ns != period_ns:
            self._timer.timer_period_ns = period_ns
            self._timer.reset()
        self._publish_state()
        self._complain()

    def _publish(self, event: Event) -> None:
        if event.phase == Phase.RESTARTED:
            self._outlets.restore()
        if event.phase == Phase.STARTED:
            self._outlets.withdraw_notice()
        if is_closing(event.phase):
            self._file.take_over()
        header = self._header
        if not to_ns(header.stamp):  # no Emotion has come yet
            header = Header(stamp=to_stamp(self.now_ns()))
        self._events.publish(event, header)
        self._answers.tick()
        # Not louder: the log is kept on disk, and what a person feels is nobody else's business.
        self.get_logger().debug(f'{event.emotion} {event.phase.name}: {event.text}')

    def _publish_state(self) -> None:
        assert self._responder is not None
        self._states.publish(self._responder.policy.state, self._responder.runner.running,
                             self._timer is not None)

    def _complain(self) -> None:
        self._log_problem(self._responder_problem())

    def _responder_problem(self) -> str:
        responder = self._responder
        if responder is None:
            return ''
        heard = responder.policy.problem
        return f'emotion: {heard}' if heard else (
            responder.runner.problem or responder.memory.problem)

    # Services.

    def _configured(self) -> Responder:
        if self._responder is None:
            raise SerError(f'the node is {self.state_label}; configure it first')
        return self._responder

    def _reload(self) -> str:
        policy = self._configured().policy
        self._file.read({})
        self._file.configure(policy, {})
        return self._file.content.path

    def report(self) -> Report:
        """Say how many emotions came in, how many steps were taken, and which actions failed."""
        values = self._meter.values()
        values.update({'answers': self._answers.count, 'refused emotions': self._refused})
        if self._responder is not None:
            values['failed actions'] = self._responder.runner.failures
        problem = self._responder_problem()
        return (WARN if problem else OK), problem, values


def main(args: Optional[List[str]] = None) -> int:
    """Run the node."""
    return process.main([MitigationResponder], args)


if __name__ == '__main__':
    sys.exit(main())
