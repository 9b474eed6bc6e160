# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot that takes time to speak, and that keeps a record of what it is made to do."""

import math
from dataclasses import dataclass
from typing import Any, Callable

from ser_ros.mitigation.actions.base import Outlets, Sound, Tune
from ser_ros.typed_values import key

# A speed that is not renewed for this time counts no more, as in docs/ros_api.md.
_SCALE_LAPSES_S = 1.0
Note = Callable[..., Any]


@dataclass(frozen=True)
class RobotSettings:
    """How the robot speaks."""

    delay_s: float = key('time from a text to its first sound', 0.4, ge=0, le=60)
    characters_hz: float = key('characters spoken in a second', 14.0, ge=1, le=100)
    speak_s: float = key('length of every answer; 0: by its characters', 0.0, ge=0, le=3600)
    hang_over_s: float = key(
        'for this long after the robot has spoken nothing is heard', 0.5, ge=0, le=60)
    speaking_timeout_s: float = key(
        'a robot that has spoken for this long is no longer believed', 30.0, ge=0, le=3600)


class _PlayedSound(Sound):
    """A sound file that lasts for a time."""

    def __init__(self, robot: 'Robot', duration_s: float) -> None:
        self._robot = robot
        self._entry = robot.note('play', ends_s=math.nan)
        self._end_s = robot.now_s + duration_s
        robot.sounds_until(self._end_s)

    def done(self) -> bool:
        if self._robot.now_s < self._end_s:
            return False
        self._close(self._end_s)
        return True

    def stop(self) -> None:
        self._end_s = min(self._end_s, self._robot.now_s)
        self._robot.stop_sound()
        self._close(self._end_s)

    def _close(self, end_s: float) -> None:
        if math.isnan(self._entry['ends_s']):
            self._entry['ends_s'] = end_s


class Robot:
    """The text to speech, the loudspeaker, the wheels and the light.

    The text to speech cannot be stopped, and outlives the responder.

    Attributes:
        now_s: the time, to be set before anything else is called.
        endless: the next text never ends.
        mute: the robot does not say that it speaks the next text.
        on_answered: is called with the time when an answer is over.
    """

    def __init__(self, settings: RobotSettings, note: Note) -> None:
        """Be silent.

        Args:
            settings: how it speaks.
            note: keeps a record; takes what is done and its values, and returns the entry.
        """
        self._settings = settings
        self.note = note
        self.now_s = 0.0
        self.endless = self.mute = False
        self._start_s = self._end_s = -math.inf
        self._says_so = True
        self.on_answered: Callable[[float], None] = lambda now_s: None
        self._is_due = False
        self.outlets = Outlets(
            publish_text=self._say, publish_speed=self._scale, publish_colour=self._light,
            publish_notice=self._notify, robot_speaking=self.says_it_speaks, play=self._play)
        self._speed, self._scaled_s = 1.0, 0.0

    def step(self, now_s: float) -> None:
        """Go on to a time."""
        self.now_s = now_s
        if self._speed != 1.0 and now_s - self._scaled_s > _SCALE_LAPSES_S:
            self._scale(1.0)
        if self._is_due and now_s >= self._end_s:
            self._is_due = False
            self.on_answered(now_s)

    def says_it_speaks(self) -> bool:
        """Return the latest value of the topic robot_speaking."""
        return self._says_so and self._start_s <= self.now_s < self._end_s

    def is_believed(self) -> bool:
        """Return whether it says that it speaks, and has not said so for too long."""
        believed_s = self._settings.speaking_timeout_s or math.inf
        return self.says_it_speaks() and self.now_s < self._start_s + believed_s

    def drowns(self, start_s: float, end_s: float) -> bool:
        """Return whether the robot may be heard in a window, and says so."""
        if not self._says_so or self._end_s == -math.inf:
            return False
        believed_s = self._settings.speaking_timeout_s or math.inf
        until_s = min(self._end_s, self._start_s + believed_s) + self._settings.hang_over_s
        return self._start_s < end_s and start_s < until_s

    def sounds_until(self, end_s: float) -> None:
        """Take it that a sound begins now."""
        self._start_s, self._end_s, self._says_so, self._is_due = self.now_s, end_s, True, True

    def stop_sound(self) -> None:
        """End a sound that can be ended."""
        self._end_s = min(self._end_s, self.now_s)

    def _say(self, text: str) -> None:
        settings = self._settings
        length_s = settings.speak_s or len(text) / settings.characters_hz
        # A text that comes while another one is spoken waits for it.
        start_s = max(self.now_s, self._end_s if self._end_s < math.inf else 0.0)
        start_s += settings.delay_s
        end_s = math.inf if self.endless else start_s + length_s
        self._start_s, self._end_s, self._says_so = start_s, end_s, not self.mute
        self._is_due = True
        self.endless = self.mute = False
        self.note('say', text=text, starts_s=start_s, ends_s=end_s)

    def _play(self, tune: Tune) -> Sound:
        return _PlayedSound(self, tune.duration_s)

    def _scale(self, scale: float) -> None:
        self._scaled_s = self.now_s
        if scale != self._speed:
            self._speed = scale
            self.note('speed', scale=scale)

    def _light(self, red: float, green: float, blue: float, alpha: float) -> None:
        self.note('light', colour=[red, green, blue, alpha])

    def _notify(self, text: str) -> None:
        self.note('notify', text=text)


