# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What goes wrong, and what people do to the responder, at which time."""

import random
from dataclasses import dataclass
from typing import List

from ser_ros.typed_values import key

# Of the next estimate.
DROP, LATE, REPEAT, NAN, CONTRADICTION = 'drop', 'late', 'repeat', 'nan', 'contradiction'
# Of all estimates from now on: none comes for a time, or their stamps jump.
GAP, JUMP = 'gap', 'jump'
# Of the responder: it is killed now, or right after its next message; it is deactivated.
RESTART, KILL, DEACTIVATE = 'restart', 'kill', 'deactivate'
# Of the text to speech: its next text never ends, or it never says that it speaks.
ENDLESS, MUTE = 'endless', 'mute'
# What people do: pause, tell that another person is there, take over, say whether it helped.
PAUSE, PERSON_CHANGED, ACKNOWLEDGE = 'pause', 'person_changed', 'acknowledge'
HELPED, NOT_HELPED = 'helped', 'not_helped'
KINDS = (DROP, LATE, REPEAT, NAN, CONTRADICTION, GAP, JUMP, RESTART, KILL, DEACTIVATE, ENDLESS,
         MUTE, PAUSE, PERSON_CHANGED, ACKNOWLEDGE, HELPED, NOT_HELPED)


@dataclass(frozen=True)
class Fault:
    """Something that happens."""

    at_s: float = key('when', ge=0, le=86400)
    what: str = key('what happens', choices=KINDS)
    for_s: float = key(
        'how long: late, gap, restart, kill, deactivate, pause', 2.0, ge=0, le=86400)
    by_s: float = key('how far stamps jump', -10.0, ge=-86400, le=86400)


# How often each kind happens in an hour, and the longest duration [s].
_RATES = {
    DROP: (60.0, 0.0), LATE: (40.0, 3.0), REPEAT: (30.0, 0.0), NAN: (4.0, 0.0),
    CONTRADICTION: (4.0, 0.0), GAP: (3.0, 60.0), JUMP: (2.0, 0.0), RESTART: (3.0, 20.0),
    KILL: (2.0, 20.0), DEACTIVATE: (1.0, 60.0), ENDLESS: (1.0, 0.0), MUTE: (2.0, 0.0),
    PAUSE: (1.0, 300.0), PERSON_CHANGED: (2.0, 0.0), ACKNOWLEDGE: (1.0, 0.0), HELPED: (1.0, 0.0),
    NOT_HELPED: (1.0, 0.0),
}


def draw_faults(duration_s: float, seed: int) -> List[Fault]:
    """Return random faults, in the order of their times.

    Args:
        duration_s: of the time in which they happen.
        seed: of the random numbers.
    """
    drawn = random.Random(seed)
    found = []
    for kind, (per_hour, longest_s) in _RATES.items():
        at_s = drawn.expovariate(per_hour / 3600.0)
        while at_s < duration_s:
            found.append(Fault(
                at_s, kind, drawn.uniform(0.0, longest_s),
                drawn.choice((-3600.0, -30.0, -2.0, -0.3, 0.3, 4.0, 30.0, 3600.0))))
            at_s += drawn.expovariate(per_hour / 3600.0)
    return sorted(found, key=lambda fault: (fault.at_s, fault.what))
