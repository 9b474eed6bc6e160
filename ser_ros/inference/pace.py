# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Does a model keep up with the windows, and how long may one wait for it?"""

import collections
import math
from typing import Deque

# The least of this many latest times counts: one slow window on a busy machine changes nothing.
KEPT_TIMES = 3
# When an answer is due, in periods after its window came: within two, less what the way through the
# graph takes.
DUE_PERIODS = 1.9
# What a period that holds has to spare, and the steps in which it is proposed.
SPARE = 1.2
PERIOD_STEP_S = 0.1


class Pace:
    """The time that a model takes for a window, against the period in which they come."""

    def __init__(self, warm_up_s: float = 0.0):
        """Measure a model that was just loaded.

        Args:
            warm_up_s: time that its first window took when it was loaded [s]; 0 if not known.
        """
        self._times_s: Deque[float] = collections.deque([warm_up_s], maxlen=KEPT_TIMES)
        self._measured = 0

    @property
    def window_s(self) -> float:
        """Time for a window [s]."""
        return min(self._times_s)

    @property
    def holding_period_s(self) -> float:
        """The shortest period that the model holds with some time to spare [s]."""
        return math.ceil(self.window_s * SPARE / PERIOD_STEP_S) * PERIOD_STEP_S

    def add(self, time_s: float) -> None:
        """Take in the time that a window took [s]."""
        self._times_s.append(time_s)
        self._measured += 1

    def is_behind(self, period_s: float) -> bool:
        """Return whether the model takes longer than a period, as far as is known.

        Args:
            period_s: time from one window to the next [s]; 0 if not known.
        """
        return self.window_s > period_s > 0

    def is_slow(self, period_s: float) -> bool:
        """Return whether several windows one after the other took longer than a period."""
        return self._measured >= KEPT_TIMES and self.is_behind(period_s)

    def is_late(self, waited_s: float, period_s: float) -> bool:
        """Return whether a window should be dropped, since its answer would come too late.

        Args:
            waited_s: how long it has waited for the model [s].
            period_s: as for `is_behind`.
        """
        return (self.is_behind(period_s)
                and waited_s + self.window_s > DUE_PERIODS * period_s)
