# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What must hold of every record, whatever a person does and whatever goes wrong."""

from collections import Counter
from datetime import timedelta
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ser_ros.mitigation.timing import AnswerLimits
from ser_ros.simulation.record import Entry, Record

Rules = Dict[str, Any]

_HEARD = ('say', 'play')
_OPENING = ('STARTED', 'REPEATED')
# After these the robot has nothing more to offer for a while.
_AT_AN_END = ('ESCALATED', 'ABANDONED', 'ACKNOWLEDGED')
# A message takes part of the responder's period, and memory rounds times to a second.
_TOLERANCE_S = 1.0
# The safe state is due this long after stale_s.
_SAFE_WITHIN_S = 1.0
# An emotion that never had this probability had nothing that spoke for it.
_LEAST_HEARD = 0.2
_HOUR_S, _DAY_S = 3600.0, 86400.0


def broken(record: Record, rules: Rules) -> List[str]:
    """Return what does not hold, a sentence each; nothing where all is well.

    Args:
        record: what happened.
        rules: as `ser_ros.simulation.record.rules_of` gives them.
    """
    entries = record.sorted_entries()
    checks = (
        _overlaps(entries), _limits(record, entries, rules), _cool_down(entries, rules),
        _after_pause(entries), _texts(entries), _escalation(entries, rules), _closings(entries),
        _safe_state(entries, rules), _evidence(entries))
    return [sentence for check in checks for sentence in check]


def _of(entries: List[Entry], *what: str) -> List[Entry]:
    return [entry for entry in entries if entry['what'] in what]


def _overlaps(entries: List[Entry]) -> Iterator[str]:
    """No two answers are heard at the same time."""
    latest: Optional[Entry] = None
    for entry in _of(entries, *_HEARD):
        # One that never ends has been given up before the next one begins.
        if latest is not None and entry['t_s'] < latest['ends_s'] < float('inf'):
            yield (f"at {entry['t_s']:.1f} s an answer begins, but the one of "
                   f"{latest['t_s']:.1f} s lasts until {latest['ends_s']:.1f} s")
        latest = entry


def _limits(record: Record, entries: List[Entry], rules: Rules) -> Iterator[str]:
    """The answers of an hour and a day are limited, and there are none in quiet hours."""
    limits = rules['limits']
    times = [entry['t_s'] for entry in _of(entries, *_HEARD)]
    for name, span_s in (('per_hour', _HOUR_S), ('per_day', _DAY_S)):
        most = limits[name]
        for index in range(most, len(times)):
            if times[index] - times[index - most] < span_s - _TOLERANCE_S:
                yield (f'at {times[index]:.1f} s more than {most} answers were heard within '
                       f'{span_s:.0f} s')
    quiet = AnswerLimits(quiet_hours=tuple(limits['quiet_hours']) or None)
    for time_s in times:
        local = (record.starts + timedelta(seconds=time_s)).time()
        if quiet.is_quiet(local):
            yield f'at {time_s:.1f} s, {local:%H:%M}, an answer is heard in the quiet hours'


def _cool_down(entries: List[Entry], rules: Rules) -> Iterator[str]:
    """No other episode starts too soon after one."""
    timing = rules['timing']
    until_s, number, changed_s = -float('inf'), 0, -float('inf')
    for entry in _of(entries, 'mitigation', 'fault'):
        if entry['what'] == 'fault':
            if entry['fault'] == 'person_changed':
                until_s, changed_s = -float('inf'), entry['t_s']
        elif entry['phase'] in _OPENING:
            if entry['episode'] != number and entry['t_s'] < until_s - _TOLERANCE_S:
                yield (f"at {entry['t_s']:.1f} s episode {entry['episode']} starts, but the "
                       f'cool-down lasts until {until_s:.1f} s')
            number = entry['episode']
        elif entry['t_s'] > changed_s:
            longest_s = timing['quiet_s'] if entry['phase'] in _AT_AN_END else 0.0
            until_s = max(until_s, entry['t_s'] + max(timing['cooldown_s'], longest_s))


def _after_pause(entries: List[Entry]) -> Iterator[str]:
    """Nothing is done while the responder is paused."""
    paused = False
    for entry in entries:
        if entry['what'] in ('paused', 'resumed'):
            paused = entry['what'] == 'paused'
        elif paused and (entry['what'] in (*_HEARD, 'notify')
                         or entry.get('phase') in _OPENING):
            yield f"at {entry['t_s']:.1f} s {entry['what']} although the responder is paused"


def _texts(entries: List[Entry]) -> Iterator[str]:
    """No text is said twice in an episode."""
    said: Counter = Counter()
    for entry in _of(entries, 'mitigation'):
        if entry['text']:
            said[entry['episode'], entry['text']] += 1
    for (episode, text), times in said.items():
        if times > 1:
            yield f'episode {episode} has the text {text!r} {times} times'


def _escalation(entries: List[Entry], rules: Rules) -> Iterator[str]:
    """An episode has no more steps than its strategies, and no more than two of these."""
    steps: Counter = Counter()
    strategies: Dict[int, List[str]] = {}
    notices: Counter = Counter()
    episode = 0
    for entry in _of(entries, 'mitigation', 'notify'):
        if entry['what'] == 'notify':
            notices[episode] += 1
            continue
        episode = entry['episode']
        used = strategies.setdefault(episode, [])
        if entry['strategy'] not in used:
            used.append(entry['strategy'])
        steps[episode] += entry['phase'] in _OPENING
    for episode, used in strategies.items():
        known = [rules['strategies'][name] for name in used]
        if len(used) > 2:
            yield f'episode {episode} has the strategies {", ".join(used)}; allowed: two'
        for what, count, most in (
                ('steps', steps[episode], sum(one['steps'] for one in known)),
                ('notices', notices[episode], sum(one['notices'] for one in known))):
            if count > most:
                yield f'episode {episode} has {count} {what}; allowed: {most}'


def _closings(entries: List[Entry]) -> Iterator[str]:
    """Every STARTED is closed exactly once before the next one."""
    episode = 0
    for entry in _of(entries, 'mitigation'):
        phase, number = entry['phase'], entry['episode']
        if phase == 'STARTED':
            if episode:
                yield f"at {entry['t_s']:.1f} s {phase}, but episode {episode} is open"
            episode = number
        elif episode != number:
            yield f"at {entry['t_s']:.1f} s {phase} of episode {number}, which is not open"
        elif phase != 'REPEATED':
            episode = 0
    if episode:
        yield f'episode {episode} is never closed'


def _safe_state(entries: List[Entry], rules: Rules) -> Iterator[str]:
    """Without estimates the episode is closed, nothing runs, and the robot has its speed."""
    within_s = rules['timing']['stale_s'] + _SAFE_WITHIN_S
    for gap in _of(entries, 'gap'):
        due_s = gap['t_s'] + within_s
        if gap['ends_s'] <= due_s or any(
                start_s < due_s and gap['t_s'] <= end_s for start_s, end_s in _downs(entries)):
            continue
        before = [entry for entry in entries if entry['t_s'] <= due_s]
        messages = _of(before, 'mitigation')
        if messages and messages[-1]['phase'] in _OPENING:
            yield (f"at {due_s:.1f} s episode {messages[-1]['episode']} is open, but nothing "
                   f"was heard since {gap['t_s']:.1f} s")
        speeds = _of(before, 'speed')
        if speeds and speeds[-1]['scale'] != 1.0:
            yield f"at {due_s:.1f} s the speed is {speeds[-1]['scale']:g}, not 1"
        for sound in _of(before, 'play'):
            if sound['ends_s'] > due_s:
                yield f'at {due_s:.1f} s a sound plays'


def _downs(entries: List[Entry]) -> List[Tuple[float, float]]:
    """Return when no responder was active."""
    found, start_s = [], None
    for entry in _of(entries, 'down', 'up', 'inactive', 'active'):
        if entry['what'] in ('down', 'inactive'):
            start_s = entry['t_s'] if start_s is None else start_s
        elif start_s is not None:
            found.append((start_s, entry['t_s']))
            start_s = None
    return found + ([] if start_s is None else [(start_s, float('inf'))])


def _evidence(entries: List[Entry]) -> Iterator[str]:
    """No emotion is answered that nothing has spoken for."""
    latest: Optional[Tuple[int, str]] = None
    for entry in _of(entries, 'mitigation'):
        if 'heard' not in entry:
            continue
        about = (entry['episode'], entry['emotion'])
        if about != latest and entry['heard'] < _LEAST_HEARD:
            yield (f"at {entry['t_s']:.1f} s {entry['emotion']} is answered, whose probability "
                   f"was at most {entry['heard']:.2f}")
        latest = about
