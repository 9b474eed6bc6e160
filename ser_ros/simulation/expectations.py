# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether what happened is what a scenario expects."""

import math
from typing import Iterator, List, Sequence

from ser_ros.simulation.record import Record
from ser_ros.simulation.scenario import Expected


def missed(expected: Expected, records: Sequence[Record]) -> List[str]:
    """Return what is not as expected, a sentence each; nothing where all is.

    Args:
        expected: of the scenario.
        records: of all persons.
    """
    found = [f'person {number}: {sentence}' for number, record in enumerate(records)
             for sentence in _missed_by(expected, record)]
    if expected.answered_within_s is not None:
        # As a number of persons: with an infinite one there is no mean of the middle two.
        middle_s = sorted(answered_after(record, expected.from_s)
                          for record in records)[len(records) // 2]
        if not middle_s <= expected.answered_within_s:
            found.append(f'the first answer comes after {middle_s:.1f} s in the median; expected: '
                         f'at most {expected.answered_within_s:g} s')
    return found


def answered_after(record: Record, from_s: float) -> float:
    """Return the time from there to the first message [s]; infinite without one."""
    return next((entry['t_s'] - from_s for entry in record.sorted_entries()
                 if entry.get('phase') == 'STARTED'), math.inf)


def _missed_by(expected: Expected, record: Record) -> Iterator[str]:
    entries = record.sorted_entries()
    phases = tuple(entry['phase'] for entry in entries if entry['what'] == 'mitigation')
    heard = [entry['t_s'] for entry in entries if entry['what'] in ('say', 'play')]
    notices = sum(entry['what'] == 'notify' for entry in entries)
    if expected.phases is not None and phases != expected.phases:
        yield (f"the messages are {', '.join(phases) or 'none'}; expected: "
               f"{', '.join(expected.phases) or 'none'}")
    if answered_after(record, expected.from_s) < 0.0:
        yield f'an answer comes before {expected.from_s:g} s'
    if expected.answers_at_most is not None and len(heard) > expected.answers_at_most:
        yield f'{len(heard)} answers are heard; expected: at most {expected.answers_at_most}'
    if expected.notices is not None and notices != expected.notices:
        yield f'a human is called {notices} times; expected: {expected.notices}'
    if expected.quiet_after_s is not None and heard and heard[-1] > expected.quiet_after_s:
        yield (f'an answer is heard at {heard[-1]:.1f} s; expected: none after '
               f'{expected.quiet_after_s:g} s')
