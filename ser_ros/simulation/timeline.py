# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What happened, as lines of text and as JSON."""

import json
import math
from collections import Counter
from typing import Any, Dict, Iterable, Iterator, Sequence

from ser_ros.simulation.crowd import Crowd, Outcome
from ser_ros.simulation.hearing import SILENT
from ser_ros.simulation.record import Entry, Record, rules_of

# Of the form of the JSON lines.
VERSION = 1
_HEARD = ('say', 'play')


def lines(record: Record) -> Iterator[str]:
    """Yield a line for each entry of a record."""
    for entry in record.sorted_entries():
        yield f"{entry['t_s']:8.1f} s  {_described(entry)}"


def _described(entry: Entry) -> str:
    what = entry['what']
    if what == 'person':
        return f"person {entry['person']}: {entry['feels']}"
    if what == 'mitigation':
        text = f" '{entry['text']}'" if entry['text'] else ''
        return (f"{entry['phase']} episode {entry['episode']}: {entry['emotion']}, "
                f"{entry['strategy']}{text}")
    if what in _HEARD:
        return f"the robot is heard until {entry['ends_s']:.1f} s"
    if what == 'gap':
        return f"no estimate until {entry['ends_s']:.1f} s"
    rest = ' '.join(f'{name} {_plain(value)}' for name, value in entry.items()
                    if name not in ('t_s', 'what'))
    return f'{what} {rest}'.rstrip()


class Totals:
    """What the records of many persons add up to.

    Attributes:
        persons: their number.
        hours: of simulated time.
        messages: their number, by phase.
        answers: number of answers that were heard.
        notices: how often a human was called.
        calm_hours: of time in which the persons had no emotion that is answered.
        calm_starts: number of episodes that started in it.
        broken: number of sentences about what does not hold.
    """

    def __init__(self, emotions: Iterable[str]) -> None:
        """Start with nothing.

        Args:
            emotions: those that are answered.
        """
        self._emotions = frozenset(emotions)
        self.persons = self.answers = self.notices = self.calm_starts = self.broken = 0
        self.hours = self.calm_hours = 0.0
        self.messages: Dict[str, int] = Counter()

    def add(self, outcome: Outcome) -> None:
        """Add a person."""
        record = outcome.record
        self.persons += 1
        self.broken += len(outcome.broken)
        self.hours += record.duration_s / 3600.0
        feels, since_s = SILENT, 0.0
        for entry in record.sorted_entries():
            what = entry['what']
            self.answers += what in _HEARD
            self.notices += what == 'notify'
            if what == 'person':
                self._spend(feels, entry['t_s'] - since_s)
                feels, since_s = entry['feels'], entry['t_s']
            elif what == 'mitigation':
                self.messages[entry['phase']] += 1
                # What was heard just before may still be what is answered.
                self.calm_starts += (entry['phase'] == 'STARTED' and feels not in self._emotions
                                     and entry['t_s'] - since_s > 10.0)
        self._spend(feels, record.duration_s - since_s)

    def _spend(self, feels: str, duration_s: float) -> None:
        if feels not in self._emotions:
            self.calm_hours += duration_s / 3600.0

    def values(self) -> Dict[str, Any]:
        """Return the totals as plain values."""
        return {
            'persons': self.persons, 'hours': self.hours, 'messages': dict(sorted(
                self.messages.items())),
            'answers': self.answers, 'notices': self.notices, 'calm_hours': self.calm_hours,
            'calm_starts': self.calm_starts, 'broken': self.broken}

    def lines(self) -> Iterator[str]:
        """Yield the totals as lines of text."""
        yield f'{self.persons} persons, {self.hours:.1f} hours'
        for phase, count in sorted(self.messages.items()):
            yield f'{count:8d}  {phase}'
        yield f'{self.answers:8d}  answers heard'
        yield f'{self.notices:8d}  notices to a human'
        yield (f'{self.calm_starts:8d}  episodes that started in {self.calm_hours:.1f} hours '
               'without an emotion that is answered')


def header(crowd: Crowd, persons: int) -> str:
    """Return the first line of JSON: what was simulated, and the rules."""
    settings = crowd.settings
    return _line({
        'kind': 'run', 'version': VERSION, 'seed': crowd.seed, 'persons': persons,
        'duration_s': crowd.duration_s, 'starts': settings.starts.isoformat(),
        'language': settings.language, 'sensitivity': settings.sensitivity,
        'learning': settings.learner is not None,
        'rules': rules_of(settings.config, settings.sensitivity)})


def person_line(number: int, outcome: Outcome) -> str:
    """Return the line of JSON of a person."""
    values = {'kind': 'person', 'person': number, 'entries': outcome.record.sorted_entries(),
              'broken': outcome.broken}
    if outcome.record.windows:
        values['windows'] = outcome.record.windows
    return _line(values)


def summary_line(totals: Totals, missed: Sequence[str]) -> str:
    """Return the last line of JSON."""
    return _line({'kind': 'summary', **totals.values(), 'missed': list(missed)})


def _line(values: Dict[str, Any]) -> str:
    return json.dumps(_plain(values), ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: milliseconds are enough, and null stands for no number."""
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
