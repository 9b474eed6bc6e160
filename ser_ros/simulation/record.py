# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What happened in a simulated time."""

from datetime import datetime
from typing import Any, Dict, List

from ser_ros.mitigation.config import MitigationConfig
from ser_ros.mitigation.estimates import Estimate

Entry = Dict[str, Any]


class Record:
    """Everything that happened, in the order of time.

    Attributes:
        starts: local time at its beginning.
        duration_s: of the whole.
        entries: what happened: ``t_s``, ``what``, and the values of that.
        windows: the estimates as they came: time, state, label, confidence, probabilities.
    """

    def __init__(self, starts: datetime, duration_s: float, keep_windows: bool) -> None:
        """Begin with nothing.

        Args:
            starts: local time at the beginning.
            duration_s: of the whole.
            keep_windows: keep every estimate, too.
        """
        self.starts = starts
        self.duration_s = duration_s
        self.entries: List[Entry] = []
        self.windows: List[List[Any]] = []
        self._keep_windows = keep_windows

    def note(self, now_s: float, what: str, values: Entry) -> Entry:
        """Add an entry and return it."""
        entry = {'t_s': now_s, 'what': what, **values}
        self.entries.append(entry)
        return entry

    def keep(self, now_s: float, estimate: Estimate) -> None:
        """Add an estimate."""
        if self._keep_windows:
            self.windows.append([
                now_s, estimate.stamp_s, int(estimate.state), estimate.label, estimate.confidence,
                dict(estimate.probabilities)])

    def sorted_entries(self) -> List[Entry]:
        """Return the entries in the order of time."""
        return sorted(self.entries, key=lambda entry: entry['t_s'])


def rules_of(config: MitigationConfig, sensitivity: str) -> Dict[str, Any]:
    """Return what a record must keep to, in plain values."""
    timing = config.timing_of(sensitivity)
    every = {strategy.name: strategy for emotion in (*config.responses.values(), config.unclear)
             for strategy in emotion}
    return {
        'emotions': list(config.responses),
        'timing': {name: getattr(timing, name) for name in (
            'cooldown_s', 'relapse_s', 'quiet_s', 'stale_s')},
        'limits': {
            'per_hour': config.limits.per_hour, 'per_day': config.limits.per_day,
            'quiet_hours': list(config.limits.quiet_hours or ())},
        'strategies': {
            name: {'steps': len(strategy.steps),
                   'notices': sum(step.calls_human for step in strategy.steps)}
            for name, strategy in every.items()},
    }
