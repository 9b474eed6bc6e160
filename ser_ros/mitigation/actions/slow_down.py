# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Move more slowly until the episode is over."""

from dataclasses import dataclass

from ser_ros.mitigation.actions.base import Action
from ser_ros.mitigation.actions.ramp import Ramp
from ser_ros.typed_values import key

# Whoever follows the scale takes it for lost after 1 s.
_REPEAT_S = 0.4


@dataclass(frozen=True)
class SlowDownOptions:
    """How slow, and how soon."""

    scale: float = key('the robot moves at this share of its speed', 0.5, ge=0, le=1)
    ramp_s: float = key('time until that is reached', 2.0, ge=0, le=60)


class SlowDown(Action):
    """Scale the robot's speed; at the end it is 1 at once."""

    Options = SlowDownOptions
    lasting = True

    def start(self, now_s: float) -> None:
        """Begin at the speed of now."""
        speed = self.previous.speed(now_s) if isinstance(self.previous, SlowDown) else 1.0
        self._ramp = Ramp(now_s, self.options.ramp_s, speed, self.options.scale)
        self._publish(now_s)

    def speed(self, now_s: float) -> float:
        """Return the scale at a time."""
        return self._ramp.at(now_s)

    def done(self, now_s: float) -> bool:
        """Publish the scale while it changes, and then again before it is taken for lost."""
        if not self.steady or now_s - self._published_s >= _REPEAT_S:
            self._publish(now_s)
        return False

    def stop(self, now_s: float) -> None:
        """Return to full speed."""
        self.outlets.publish_speed(1.0)

    def _publish(self, now_s: float) -> None:
        self._published_s = now_s
        self.steady = self._ramp.over(now_s)
        self.outlets.publish_speed(self.speed(now_s))
