# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The responder as a process: what a kill leaves is its memory."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable, Optional, Type

from ser_ros.mitigation.actions.runner import ActionRunner
from ser_ros.mitigation.config import MitigationConfig
from ser_ros.mitigation.estimates import Estimate, Now
from ser_ros.mitigation.learning import Learner
from ser_ros.mitigation.memory import Memory, from_dict, to_dict
from ser_ros.mitigation.memory_file import NONE, MemoryFile
from ser_ros.mitigation.phases import Event
from ser_ros.mitigation.policy import MitigationPolicy
from ser_ros.mitigation.responder import Responder
from ser_ros.mitigation.timing import NORMAL
from ser_ros.simulation.robot import Robot


@dataclass(frozen=True)
class ResponderSettings:
    """How the responder is set.

    Attributes:
        config: the mitigation file.
        language: of the texts, ISO 639-1.
        sensitivity: which of the file's timings decides when.
        learner: chooses among the strategies of an emotion; None: the first one is taken.
        starts: local time at the beginning.
    """

    config: MitigationConfig
    language: str = 'en'
    sensitivity: str = NORMAL
    learner: Optional[Type[Learner]] = None
    starts: datetime = datetime(2026, 1, 5, 12)


class Killed(Exception):
    """The process has ended in the middle of something."""


class KeptMemory(MemoryFile):
    """A memory that outlives the process, but not the simulation."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__(NONE)
        self._kept = Memory()

    def load(self) -> Memory:
        """Return what was stored, as a file would."""
        return from_dict(json.loads(json.dumps(to_dict(self._kept))), 'the memory')

    def store(self, memory: Memory) -> None:
        """Keep the memory."""
        self._kept = memory


class Process:
    """Start, kill, deactivate and use the responder.

    Attributes:
        responder: the real one; None where no process runs.
        is_active: whether it takes estimates.
        memory: what a kill leaves.
        kill_next: it is killed right after its next message.
    """

    def __init__(self, settings: ResponderSettings, robot: Robot, seed: int,
                 on_event: Callable[[Event], None]) -> None:
        """Start the first process.

        Args:
            settings: of the responder.
            robot: what it acts on.
            seed: of what learning draws.
            on_event: is called with every message.
        """
        self._settings = settings
        self._robot = robot
        self._seed = seed
        self._on_event = on_event
        self.memory = KeptMemory()
        self.kill_next = False
        self.responder: Optional[Responder] = None
        self.start()

    def start(self) -> None:
        """Start a process, which goes on with the memory of the one before it."""
        settings = self._settings
        learner = None
        if settings.learner is not None:
            learner = settings.learner(settings.config.learning, self._seed)
        policy = MitigationPolicy(
            settings.config, settings.language, settings.sensitivity, self.memory.load(), learner)
        runner = ActionRunner(self._robot.outlets)
        self.responder = Responder(
            policy, runner, self.memory, self._publish, self._robot.is_believed)
        self.is_active = True

    def kill(self) -> None:
        """End the process; nothing is closed."""
        self.responder = None
        self.is_active = False
        self.kill_next = False

    def update(self, now: Now, estimate: Estimate) -> None:
        """Hand over an estimate, if anybody listens."""
        if self.is_active and self.responder is not None:
            self.responder.update(now, estimate)

    def do(self, method: str, *arguments: Any) -> None:
        """Call a method of the responder, if there is one."""
        if self.responder is not None:
            getattr(self.responder, method)(*arguments)

    @property
    def runs_actions(self) -> bool:
        """Whether an action runs."""
        return self.responder is not None and bool(self.responder.runner.running)

    def _publish(self, event: Event) -> None:
        self._on_event(event)
        if self.kill_next:
            raise Killed
