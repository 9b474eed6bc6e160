# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The phases of an episode, and what the policy asks for."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, List, NamedTuple, Tuple, Union


class Phase(IntEnum):
    """What happens to an episode; the values of the ``PHASE_`` constants of Mitigation.msg."""

    STARTED = 1
    REPEATED = 2
    RECOVERED = 3
    TIMED_OUT = 4
    ESCALATED = 5
    ABANDONED = 6
    ACKNOWLEDGED = 7
    PAUSED = 8
    STALE = 9
    TIME_JUMPED = 10
    STOPPED = 11
    RESTARTED = 12


def is_closing(phase: int) -> bool:
    """Return whether an episode is over with this phase."""
    return phase not in (Phase.STARTED, Phase.REPEATED)


@dataclass(frozen=True)
class Event:
    """A step of an episode, as Mitigation.msg has it.

    Attributes:
        phase: what happened.
        emotion: the emotion that the episode is about; 'unclear' where none leads.
        strategy: name of the strategy that answers it.
        text: what is said; empty where nothing is.
        language: language of ``text``, ISO 639-1.
        episode: its number, from 1.
        confidence: that of the latest estimate, [0, 1].
        duration_s: time since the emotion was first heard.
    """

    phase: Phase
    emotion: str
    strategy: str
    text: str
    language: str
    episode: int
    confidence: float
    duration_s: float


class ActionCall(NamedTuple):
    """One action that is to be run.

    Attributes:
        kind: its name in `ser_ros.mitigation.actions.base.ACTIONS`.
        options: an instance of the ``Options`` of that action.
        text: what to say, for an action that takes texts.
        language: of the text, ISO 639-1.
    """

    kind: str
    options: Any
    text: str = ''
    language: str = ''


class RunStep(NamedTuple):
    """Start these actions together."""

    actions: Tuple[ActionCall, ...]


class StopActions(NamedTuple):
    """End all actions that run, and undo what lasts, such as a lower speed."""


Command = Union[Event, RunStep, StopActions]
Commands = List[Command]
