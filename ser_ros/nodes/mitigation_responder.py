#!/usr/bin/env python3
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that answers negative emotions."""

import sys
from datetime import datetime
from typing import List, Optional, Sequence

from rclpy.exceptions import InvalidTopicNameException
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rclpy.validate_topic_name import validate_topic_name
from std_msgs.msg import Header, String

from ser_ros.errors import SerError
from ser_ros.mitigation import config
from ser_ros.mitigation.estimates import Estimate, Now
from ser_ros.mitigation.phases import Commands, Event, RunStep
from ser_ros.mitigation.policy import MitigationPolicy
from ser_ros.mitigation.timing import Timing
from ser_ros.nodes import managed, process, qos
from ser_ros.nodes.diagnostics import OK, WARN, Meter, Report
from ser_ros.nodes.messages import Emotion, Mitigation
from ser_ros.nodes.parameters import ALWAYS, spec
from ser_ros.nodes.stamps import to_ns
from ser_ros.nodes.topics import publishes, subscribes
from ser_ros.resources import share_path


class MitigationResponder(managed.ManagedNode):
    """Publish a Mitigation for every step of an episode of a negative emotion.

    Active: follows the emotions; an activation starts with no episode. In every other state it
    says nothing. When and what it answers is written in the mitigation file.
    """

    NAME = 'mitigation_responder'
    PARAMETERS = (
        spec('config', 'Path of the mitigation file: when to answer, with which texts. Empty: '
             'config/mitigation.yaml of the package.'),
        spec('language', 'Language of the texts. The mitigation file must have it. The file of the '
             'package has en and ko.'),
        spec('sensitivity', 'How readily an answer starts. normal: as timing of the mitigation '
             'file says. The file of the package also has calm (fewer wrong answers) and keen '
             '(more right ones).', changes=ALWAYS),
        spec('tts_topic', 'Additional topic for the texts as std_msgs/String, for a '
             'text-to-speech node. Empty: no such topic.'),
    )
    TOPICS = (
        subscribes('emotion', Emotion, qos.EMOTION, 'The emotion in each window.'),
        publishes('mitigation', Mitigation, qos.MITIGATION, 'The steps of an answer.'),
        publishes('', String, qos.MITIGATION, 'The texts of the answers.', parameter='tts_topic'),
    )

    # From configure on.
    _mitigations: Publisher

    def __init__(self) -> None:
        self._config: Optional[config.MitigationConfig] = None
        self._policy: Optional[MitigationPolicy] = None
        self._tts: Optional[Publisher] = None
        self._header = Header()
        self._problem = ''
        self._meter = Meter()
        self._answers = Meter()
        super().__init__()

    def configure(self) -> None:
        path = self.value('config') or share_path('config', 'mitigation.yaml')
        content = config.load(path)
        content.check_language(self.value('language'))
        content.timing_of(self.value('sensitivity'))
        self._config = content
        self._mitigations = self.publish_to('mitigation')
        topic = self.value('tts_topic')
        if topic:
            _check_topic(topic)
            self._tts = self.publish_to('tts_topic')

    def activate(self) -> None:
        self._problem = ''
        assert self._config is not None
        self._policy = MitigationPolicy(
            self._config, self.value('language'), self.value('sensitivity'))
        self.subscribe_to('emotion', self._on_emotion)

    def deactivate(self) -> None:
        self._policy = None

    def cleanup(self) -> None:
        self._config = None
        self._tts = None

    def check(self, changes: Sequence[Parameter]) -> None:
        """Refuse a sensitivity that the mitigation file does not have."""
        self._timing(changes)

    def accept(self, changes: Sequence[Parameter]) -> None:
        """Take over the sensitivity at once; an open episode goes on."""
        timing = self._timing(changes)
        if self._policy is not None and timing is not None:
            self._policy.timing = timing

    def _timing(self, changes: Sequence[Parameter]) -> Optional[Timing]:
        """Return the timing that is asked for; None where it stays, or no file is read yet."""
        for change in changes:
            if change.name == 'sensitivity' and self._config is not None:
                return self._config.timing_of(change.value)
        return None

    def _on_emotion(self, message: Emotion) -> None:
        if self._policy is None:
            return
        stamp_ns = to_ns(message.header.stamp)
        commands = self._policy.update(self._now(), Estimate(
            stamp_ns * 1e-9, message.state, message.label, message.confidence,
            dict(zip(message.labels, message.probabilities))))
        self._do(commands, message.header)
        problem = self._policy.problem
        if problem and problem != self._problem:
            self.get_logger().error(f'emotion: {problem}')
        self._problem = problem
        if not problem:
            self._meter.tick((self.now_ns() - stamp_ns) * 1e-9)

    def _on_tick(self) -> None:
        if self._policy is not None:
            self._do(self._policy.tick(self._now()), self._header)

    def _now(self) -> Now:
        return Now(self.now_ns() * 1e-9, datetime.now())

    def _do(self, commands: Commands, header: Header) -> None:
        self._header = header
        for command in commands:
            if isinstance(command, Event):
                self._publish(command, header)
            elif isinstance(command, RunStep):
                self._run(command)

    def _run(self, step: RunStep) -> None:
        for action in step.actions:
            if self._tts is not None and action.text:
                self._tts.publish(String(data=action.text))

    def _publish(self, event: Event, header: Header) -> None:
        self._mitigations.publish(Mitigation(
            header=header, phase=int(event.phase), episode=event.episode, emotion=event.emotion,
            confidence=event.confidence, duration_s=event.duration_s, strategy=event.strategy,
            text=event.text, language=event.language))
        self._answers.tick()
        # Not louder: the log is kept on disk, and what a person feels is nobody else's business.
        self.get_logger().debug(f'{event.emotion} {event.phase.name}: {event.text}')

    def report(self) -> Report:
        """Say how many emotions came in and how many steps were taken."""
        values = self._meter.values()
        values['answers'] = self._answers.count
        return (WARN if self._problem else OK), self._problem, values


def _check_topic(topic: str) -> None:
    try:
        validate_topic_name(topic)
    except InvalidTopicNameException as error:
        raise SerError(
            f"tts_topic {topic!r} is not a valid topic name: {' '.join(str(error).split())}"
        ) from error


def main(args: Optional[List[str]] = None) -> int:
    """Run the node."""
    return process.main([MitigationResponder], args)


if __name__ == '__main__':
    sys.exit(main())
