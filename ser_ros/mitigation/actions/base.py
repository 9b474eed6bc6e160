# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every action is, and what a robot offers to it."""

import abc
from dataclasses import dataclass
from typing import Any, Callable, ClassVar, Type

from ser_ros.errors import SerError
from ser_ros.extensions import Registry
from ser_ros.mitigation.phases import ActionCall


def _nothing(*_: Any) -> None:
    """Do nothing: what an outlet does where nobody listens."""


@dataclass
class Outlets:
    """What the robot offers to actions, as plain callables that return at once.

    Attributes:
        publish_text: says a text, through the robot's text to speech.
        publish_speed: scales the robot's speed, 0 to 1.
        publish_colour: shows a colour: red, green, blue and alpha, each 0 to 1.
        publish_notice: calls a human.
        robot_speaking: whether the robot speaks now, as far as it says so.
        speaking: tells whether an action makes a sound of its own.
    """

    publish_text: Callable[[str], None] = _nothing
    publish_speed: Callable[[float], None] = _nothing
    publish_colour: Callable[[float, float, float, float], None] = _nothing
    publish_notice: Callable[[str], None] = _nothing
    robot_speaking: Callable[[], bool] = bool
    speaking: Callable[[bool], None] = _nothing


@dataclass(frozen=True)
class NoOptions:
    """The options of an action that has none."""


class Action(abc.ABC):
    """One run of an action. Its methods must return at once.

    Attributes:
        Options: a dataclass of `ser_ros.typed_values.key` fields, checked when the file is read.
        audible: whether it makes a sound. Such actions are limited, and never run together.
        takes_texts: whether the file gives it texts by language, of which one is chosen.
    """

    Options: ClassVar[Type[Any]] = NoOptions
    audible: ClassVar[bool] = False
    takes_texts: ClassVar[bool] = False

    def __init__(self, call: ActionCall, outlets: Outlets) -> None:
        """Prepare a run.

        Args:
            call: the options, and the text where the action takes one.
            outlets: what the robot offers.
        """
        self.call = call
        self.outlets = outlets

    @abc.abstractmethod
    def start(self, now_s: float) -> None:
        """Begin."""

    def done(self, now_s: float) -> bool:
        """Go on, and return whether the action has ended; called at 10 Hz or more."""
        return True

    def stop(self, now_s: float) -> None:  # noqa: B027 - most have nothing to undo
        """End at once, and undo what lasts. It may also be called after the action has ended."""


def _checked(name: str, found: Any) -> Type[Action]:
    if not isinstance(found, type) or not issubclass(found, Action):
        raise SerError(f'the action {name!r} is {found!r}; needed: a subclass of {__name__}.Action')
    return found


# The built-in actions; other packages add theirs in the group of entry points.
ACTIONS: 'Registry[Type[Action]]' = Registry('action', 'ser_ros.actions', {
    'say': 'ser_ros.mitigation.actions.say:Say',
    'notify': 'ser_ros.mitigation.actions.notify:Notify',
}, _checked)
