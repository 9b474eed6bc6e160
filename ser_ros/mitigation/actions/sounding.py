# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the actions that make a sound have in common."""

import abc
from typing import Optional

from ser_ros.errors import SerError
from ser_ros.mitigation.actions.base import Action, Sound


class Sounding(Action):
    """An action that is heard. The robot does not listen to itself meanwhile."""

    audible = True

    def start(self, now_s: float) -> None:
        """Begin the sound."""
        self._sound: Optional[Sound] = None
        self._sound = self.sound()
        if self._sound is not None:
            self.outlets.speaking(True)

    @abc.abstractmethod
    def sound(self) -> Optional[Sound]:
        """Return the sound, which has begun; None where others make it."""

    def ended_elsewhere(self, now_s: float) -> bool:
        """Return whether it is over where others make the sound."""
        return True

    def done(self, now_s: float) -> bool:
        """Return whether the sound is over.

        Raises:
            SerError: it could not be heard.
        """
        if self._sound is None:
            return self.ended_elsewhere(now_s)
        if not self._sound.done():
            return False
        self.outlets.speaking(False)
        if self._sound.failure:
            raise SerError(self._sound.failure)
        return True

    def stop(self, now_s: float) -> None:
        """End the sound."""
        if self._sound is not None:
            self._sound.stop()
            self.outlets.speaking(False)
