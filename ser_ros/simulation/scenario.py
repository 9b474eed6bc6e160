# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scenarios: what a person does, what goes wrong, and what is expected of the responder."""

from dataclasses import dataclass
from typing import Optional, Tuple

from ser_ros import typed_yaml
from ser_ros.mitigation.phases import Phase
from ser_ros.simulation.faults import Fault
from ser_ros.simulation.hearing import HearingSettings
from ser_ros.simulation.persons import Part
from ser_ros.simulation.robot import RobotSettings
from ser_ros.typed_values import key

_PHASES = tuple(phase.name for phase in Phase)


@dataclass(frozen=True)
class Expected:
    """What holds where the responder does what it should. A key that is missing says nothing."""

    phases: Optional[Tuple[str, ...]] = key(
        'the messages to each person, in their order', None, choices=_PHASES, may_be_empty=True)
    answered_within_s: Optional[float] = key(
        'the first answer comes this soon, in the median over the persons', None, ge=0, le=86400)
    from_s: float = key(
        'answered_within_s counts from here; answers before it fail', 0.0, ge=0, le=86400)
    answers_at_most: Optional[int] = key(
        'number of answers that are heard', None, ge=0, le=10000)
    notices: Optional[int] = key('number of notices to a human', None, ge=0, le=10000)
    quiet_after_s: Optional[float] = key(
        'nothing is heard after this time', None, ge=0, le=86400)


@dataclass(frozen=True)
class Scenario:
    """A scenario file."""

    description: str = key('what happens')
    duration_s: float = key('how long it lasts', gt=0, le=86400)
    person: Tuple[Part, ...] = key('what the person does, part after part')
    expect: Expected = key('what the responder does', default=Expected())
    faults: Tuple[Fault, ...] = key('what goes wrong', ())
    hearing: HearingSettings = key('how well the recognizer hears', default=HearingSettings())
    robot: RobotSettings = key('how the robot speaks', default=RobotSettings())
    persons: int = key('number of persons who do the same', 1, ge=1, le=100000)


def load(path: str) -> Scenario:
    """Read a scenario file.

    Raises:
        SerError: the file is missing or a key is wrong. The text names the file, the key, the
            value and what is allowed.
    """
    return typed_yaml.load(Scenario, path)
