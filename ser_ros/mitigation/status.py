# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What others see of the policy at any time."""

import math
from typing import Mapping, NamedTuple

IDLE = 'idle'
NOTICED = 'noticed'
RESPONDING = 'responding'
WATCHING = 'watching'
COOL_DOWN = 'cool_down'
PAUSED = 'paused'


class MitigationStatus(NamedTuple):
    """The state of the policy, in plain values.

    Attributes:
        phase: `IDLE`, `NOTICED` (something speaks for an episode), `RESPONDING` (an action runs),
            `WATCHING`, `COOL_DOWN` or `PAUSED`.
        episode: number of the latest episode; 0 before the first.
        emotion: what the open episode is about; '' without one.
        strategy: the name of what answers it; '' without one.
        step: number of steps taken; 0 without an episode.
        next_step_s: time until the next step may be taken; NaN where none is due.
        paused: whether somebody has paused the policy.
        evidence: what speaks for each emotion of the file. With a sum of 1 an episode starts.
        answers_hour: audible answers that are left in this hour.
        answers_day: audible answers that are left in these 24 hours.
    """

    phase: str = IDLE
    episode: int = 0
    emotion: str = ''
    strategy: str = ''
    step: int = 0
    next_step_s: float = math.nan
    paused: bool = False
    evidence: Mapping[str, float] = {}
    answers_hour: int = 0
    answers_day: int = 0
