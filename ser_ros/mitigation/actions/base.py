# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every action is, and what a robot offers to it."""

import abc
from dataclasses import dataclass
from typing import Any, Callable, ClassVar, NamedTuple, Optional, Type

from ser_ros.errors import SerError
from ser_ros.extensions import Registry
from ser_ros.mitigation.phases import ActionCall

# What an action may take that does not say so itself.
LIMIT_S = 30.0


def _nothing(*_: Any) -> None:
    """Do nothing: what an outlet does where nobody listens."""


class Sound(abc.ABC):
    """A sound that is on its way out of a loudspeaker. Its methods return at once.

    Attributes:
        failure: why it could not be heard; '' where it was or may be.
    """

    failure = ''

    @abc.abstractmethod
    def done(self) -> bool:
        """Return whether it has ended, by itself or by a failure."""

    @abc.abstractmethod
    def stop(self) -> None:
        """End it at once; without effect on one that has ended."""


class Voice(NamedTuple):
    """How a text is said.

    Attributes:
        language: of the text, ISO 639-1.
        rate_wpm: speed [words per minute].
        level_db: loudness relative to that of the synthesizer [dB].
    """

    language: str
    rate_wpm: int
    level_db: float


class Tune(NamedTuple):
    """How a file is played.

    Attributes:
        file: its path below the folder of sounds.
        loop: it is repeated until its duration is over.
        duration_s: it ends after this time at the latest.
        fade_s: time in which it becomes louder at its beginning, and quieter at its end.
        level_dbfs: RMS level that it does not exceed [dB re full scale].
    """

    file: str
    loop: bool
    duration_s: float
    fade_s: float
    level_dbfs: float


@dataclass
class Outlets:
    """What the robot offers to actions, as plain callables that return at once.

    Attributes:
        publish_text: hands a text to the robot's own text to speech.
        publish_speed: scales the robot's speed, 0 to 1.
        publish_colour: shows a colour: red, green, blue and alpha, each 0 to 1.
        publish_notice: calls a human.
        robot_speaking: whether the robot speaks now, as far as it says so.
        speaking: takes whether an action makes a sound of its own.
        speak: says a text, and returns its sound. None: only ``publish_text`` does that.
        play: plays a file, and returns its sound; SerError if there is no such file.
    """

    publish_text: Callable[[str], None] = _nothing
    publish_speed: Callable[[float], None] = _nothing
    publish_colour: Callable[[float, float, float, float], None] = _nothing
    publish_notice: Callable[[str], None] = _nothing
    robot_speaking: Callable[[], bool] = bool
    speaking: Callable[[bool], None] = _nothing
    speak: Optional[Callable[[str, Voice], Sound]] = None
    play: Optional[Callable[[Tune], Sound]] = None


@dataclass(frozen=True)
class NoOptions:
    """The options of an action that has none."""


class Action(abc.ABC):
    """One run of an action. Its methods must return at once.

    Attributes:
        Options: a dataclass of `ser_ros.typed_values.key` fields, checked when the file is read.
        audible: whether it makes a sound. Such actions are limited, and never run together.
        takes_texts: whether the file gives it texts by language, of which one is chosen.
        lasting: whether it goes on until the episode is closed. Nobody waits for its end.
        steady: whether a lasting action has nothing more to change: 2 Hz is then enough for it.
        options: an instance of ``Options``.
        previous: the lasting action of this kind whose place it takes, and which is not stopped.
    """

    Options: ClassVar[Type[Any]] = NoOptions
    audible: ClassVar[bool] = False
    takes_texts: ClassVar[bool] = False
    lasting: ClassVar[bool] = False
    steady = False

    def __init__(self, call: ActionCall, outlets: Outlets) -> None:
        """Prepare a run.

        Args:
            call: the options, and the text where the action takes one.
            outlets: what the robot offers.
        """
        self.call = call
        self.options = self.Options() if call.options is None else call.options
        self.outlets = outlets
        self.previous: Optional['Action'] = None

    @property
    def limit_s(self) -> float:
        """The time after which it is ended from outside, unless it lasts [s]."""
        return float(getattr(self.options, 'limit_s', LIMIT_S))

    @abc.abstractmethod
    def start(self, now_s: float) -> None:
        """Begin."""

    def done(self, now_s: float) -> bool:
        """Go on, and return whether the action has ended; called at about 10 Hz, see ``steady``."""
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
    'play': 'ser_ros.mitigation.actions.play:Play',
    'slow_down': 'ser_ros.mitigation.actions.slow_down:SlowDown',
    'light': 'ser_ros.mitigation.actions.light:Light',
    'notify': 'ser_ros.mitigation.actions.notify:Notify',
}, _checked)
