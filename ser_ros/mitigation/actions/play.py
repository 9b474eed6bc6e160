# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Play a sound file."""

from dataclasses import dataclass
from typing import Optional

from ser_ros.errors import SerError
from ser_ros.mitigation.actions.base import Sound, Tune
from ser_ros.mitigation.actions.sounding import Sounding
from ser_ros.typed_values import key

# How late the end of a sound may be.
_LATE_S = 10.0


@dataclass(frozen=True)
class PlayOptions:
    """Which sound, and how."""

    file: str = key("path of a sound file below the folder of the node's sound_folder")
    loop: bool = key('it is repeated until duration_s is over', False)
    duration_s: float = key('it is faded out after this time', 60.0, ge=1, le=600)
    fade_s: float = key('time to fade in and out', 2.0, ge=0, le=30)
    level_dbfs: float = key('a louder sound is made as quiet as this RMS level', -30.0,
                            ge=-60, le=-10)


class Play(Sounding):
    """Play a file once, or in a loop, for a limited time."""

    Options = PlayOptions

    @property
    def limit_s(self) -> float:
        """The time after which it is ended from outside [s]."""
        return float(self.options.duration_s + _LATE_S)

    def sound(self) -> Optional[Sound]:
        """Return the sound of the file.

        Raises:
            SerError: nothing here plays files.
        """
        if self.outlets.play is None:
            raise SerError('nothing here plays sound files')
        options = self.options
        return self.outlets.play(Tune(
            options.file, options.loop, options.duration_s, options.fade_s, options.level_dbfs))
