# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Show a colour until the episode is over."""

from dataclasses import dataclass
from typing import Tuple

from ser_ros.errors import SerError
from ser_ros.mitigation.actions.base import Action
from ser_ros.mitigation.actions.ramp import Ramp
from ser_ros.typed_values import key

_DARK = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class LightOptions:
    """Which colour, and how soon."""

    colour: Tuple[float, ...] = key('red, green, blue and alpha', ge=0, le=1)
    ramp_s: float = key('time until that is reached', 2.0, ge=0, le=60)

    def __post_init__(self) -> None:
        """Raise SerError unless the colour has four parts."""
        if len(self.colour) != len(_DARK):
            raise SerError(f'colour is {list(self.colour)}; allowed: red, green, blue and alpha, '
                           'such as [0.2, 0.4, 1.0, 1.0]')


class Light(Action):
    """Change the light to a colour; at the end its alpha is 0, which gives the light back."""

    Options = LightOptions
    lasting = True

    def start(self, now_s: float) -> None:
        """Begin with the colour of now."""
        # From darkness only the alpha changes.
        first = self.options.colour[:3] + (0.0,)
        if isinstance(self.previous, Light):
            first = self.previous.colour(now_s)
        self._ramps = [Ramp(now_s, self.options.ramp_s, before, after)
                       for before, after in zip(first, self.options.colour)]
        self._publish(now_s)

    def colour(self, now_s: float) -> Tuple[float, ...]:
        """Return the colour at a time."""
        return tuple(ramp.at(now_s) for ramp in self._ramps)

    def done(self, now_s: float) -> bool:
        """Publish the colour while it changes."""
        if not self.steady:
            self._publish(now_s)
        return False

    def stop(self, now_s: float) -> None:
        """Give the light back."""
        self.outlets.publish_colour(*_DARK)

    def _publish(self, now_s: float) -> None:
        self._published_s = now_s
        self.steady = self._ramps[0].over(now_s)
        self.outlets.publish_colour(*self.colour(now_s))
