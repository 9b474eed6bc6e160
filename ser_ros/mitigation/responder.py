# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Policy, actions and memory together: what is decided is done, and what ends is reported."""

from typing import Callable

from ser_ros.mitigation.actions.runner import ActionRunner
from ser_ros.mitigation.estimates import Estimate, Now
from ser_ros.mitigation.memory_file import MemoryFile
from ser_ros.mitigation.phases import Command, Commands, Event, Phase, RunStep
from ser_ros.mitigation.policy import MitigationPolicy


class Responder:
    """Execute the commands of a policy at once.

    Attributes:
        policy: decides. Its `configure`, `feedback` and `state` may be used by anybody.
        runner: runs the actions.
        memory: where the policy's memory is kept.
    """

    def __init__(self, policy: MitigationPolicy, runner: ActionRunner, memory: MemoryFile,
                 publish: Callable[[Event], None],
                 robot_speaks: Callable[[], bool] = bool) -> None:
        """Put the parts together.

        Args:
            policy: not used by anybody else.
            runner: likewise.
            memory: likewise.
            publish: is called with every event, before its actions.
            robot_speaks: says whether the robot speaks, for whatever reason.
        """
        self.policy = policy
        self.runner = runner
        self.memory = memory
        self._publish = publish
        self._robot_speaks = robot_speaks
        self._waited_for = False
        self._stored = policy.changes

    def update(self, now: Now, estimate: Estimate) -> None:
        """Take the next estimate."""
        self._do(now, self.policy.update(now, estimate))

    def tick(self, now: Now) -> None:
        """Let actions and waiting times go on; to be called at 2 Hz, at 10 Hz while actions run."""
        self._do(now, self._actions_changed(now))
        self._do(now, self.policy.tick(now))
        self.store()

    def person_changed(self, now: Now) -> None:
        """Another person speaks from now on."""
        self._do(now, self.policy.person_changed(now))

    def pause(self, now: Now, paused: bool) -> None:
        """End everything and answer nothing more, or answer again."""
        self._do(now, self.policy.pause(now, paused))
        self.store()

    def acknowledge(self, now: Now) -> bool:
        """Close the episode, as a human took over; return whether one was open."""
        commands = self.policy.acknowledge(now)
        self._do(now, commands)
        return any(isinstance(command, Event) for command in commands)

    def end(self, now: Now) -> None:
        """Close the episode, end all actions, and store the memory."""
        commands = self.policy.close(now, Phase.STOPPED)
        self.store()  # as in _do: a kill after the message must not lead to a second one
        for command in commands:
            self._execute(now, command)
        self.runner.stop_all(now.s)
        self._waited_for = False
        self.policy.actions_run(now, False)
        self.store()

    def store(self) -> None:
        """Store the memory, if it has changed."""
        if self._stored != self.policy.changes:
            self._stored = self.policy.changes
            self.memory.store(self.policy.memory)

    def _do(self, now: Now, commands: Commands) -> None:
        """Execute commands, and those that follow as actions begin and end with them."""
        while commands:
            self.store()  # before it is done: what a kill cuts off must not be done twice
            for command in commands:
                self._execute(now, command)
            commands = self._actions_changed(now)

    def _execute(self, now: Now, command: Command) -> None:
        if isinstance(command, Event):
            self._publish(command)
        elif isinstance(command, RunStep):
            self.runner.start(command.actions, now.s)
        else:
            self.runner.stop_all(now.s)

    def _actions_changed(self, now: Now) -> Commands:
        # While the robot speaks for another reason, the person may not be heard either.
        waited_for = self.runner.tick(now.s) or self._robot_speaks()
        if waited_for == self._waited_for:
            return []
        self._waited_for = waited_for
        return self.policy.actions_run(now, waited_for)
