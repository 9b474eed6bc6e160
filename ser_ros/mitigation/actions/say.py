# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Say a text."""

from dataclasses import dataclass
from typing import Optional

from ser_ros.mitigation.actions.base import LIMIT_S, Sound, Voice
from ser_ros.mitigation.actions.sounding import Sounding
from ser_ros.typed_values import key

# A text to speech that says on robot_speaking when it speaks does so within this time.
_START_S = 3.0
# Slow speech, for one that does not say so: characters per second, Latin and Korean.
_LATIN_HZ = 10.0
_OTHER_HZ = 4.0


@dataclass(frozen=True)
class SayOptions:
    """How it is said."""

    rate_wpm: int = key('speed of the synthesizer in words per minute', 140, ge=80, le=450)
    level_db: float = key("loudness relative to the synthesizer's own", -6.0, ge=-40, le=0)
    limit_s: float = key('a text that is not over by then is ended', LIMIT_S, ge=1, le=300)


class Say(Sounding):
    """Hand one of the texts to the robot's text to speech, or synthesize it, or both."""

    Options = SayOptions
    takes_texts = True

    def start(self, now_s: float) -> None:
        """Begin to speak."""
        self._start_s = now_s
        # Whoever speaks already does not say this text, which waits until then.
        self._quiet = not self.outlets.robot_speaking()
        self._heard = False
        self.outlets.publish_text(self.call.text)
        super().start(now_s)

    def sound(self) -> Optional[Sound]:
        """Return the sound of the synthesizer; None where the robot has its own."""
        if self.outlets.speak is None or not self.call.text:
            return None
        return self.outlets.speak(self.call.text, Voice(
            self.call.language, self.options.rate_wpm, self.options.level_db))

    def ended_elsewhere(self, now_s: float) -> bool:
        """Return whether the robot has spoken, or has had the time for it."""
        if self.outlets.robot_speaking():
            self._heard = self._quiet
            return False
        if not self._quiet:
            self._quiet, self._start_s = True, now_s
        return self._heard or now_s - self._start_s >= _START_S + _duration_s(self.call.text)


def _duration_s(text: str) -> float:
    latin = sum(character < '\u0250' for character in text)
    return latin / _LATIN_HZ + (len(text) - latin) / _OTHER_HZ
