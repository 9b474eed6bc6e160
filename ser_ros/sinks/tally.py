# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Counts over a whole session: shares of the emotions, latency, losses, episodes."""

import math
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any, Deque, Dict, Mapping

import numpy as np

from ser_ros.emotion.counts import EmotionCounts
from ser_ros.windows.lost_windows import LostWindows

# Latencies that are kept for the percentiles: 14 hours of windows twice a second.
_LATENCIES = 100000
# Sound that seemed lost, and was only late, is taken back up to this.
_CORRECTED_S = 1.0

@dataclass(frozen=True)
class Summary:
    """What a session came to.

    Attributes:
        windows: number of windows.
        duration_s: length of the audio that they cover.
        shares: of the windows with each emotion, uncertain and no speech; they add up to 1.
        latency_p50_s, latency_p95_s: percentiles; NaN where nothing was measured.
        lost: windows that are missing in the sequence.
        lost_sound_s: sound that was lost before the windows were made [s].
        episodes: number of mitigation episodes by emotion.
    """

    windows: int
    duration_s: float
    shares: Dict[str, float]
    latency_p50_s: float
    latency_p95_s: float
    lost: int
    lost_sound_s: float
    episodes: Dict[str, int]


class Tally:
    """Add up emotions and mitigations, given as plain values."""

    def __init__(self) -> None:
        """Start with none."""
        self._counts = EmotionCounts()
        self._latencies_s: Deque[float] = deque(maxlen=_LATENCIES)
        self._episodes: Dict[str, int] = Counter()
        self._lost = LostWindows()
        self._duration_s = 0.0
        self._end_s = math.nan
        #: Sound that was lost so far [s].
        self.lost_sound_s = 0.0
        self._reported_lost_s = 0.0

    def add(self, values: Mapping[str, Any]) -> None:
        """Take an emotion, with the keys that the observer gives."""
        self._counts.add(values['state'], values['label'], values['labels'])
        # While a file is played faster than real time, stamps lie ahead of the clock.
        if values['latency_s'] >= 0.0:
            self._latencies_s.append(values['latency_s'])
        self._lost.hear(values['sequence'])
        self._add_time(values['window_start_s'], values['stamp_s'])

    def _add_time(self, start_s: float, end_s: float) -> None:
        """Add what lies after the window before; all of it after a jump back (a bag's loop)."""
        new_from_s = self._end_s if start_s <= self._end_s <= end_s else start_s
        self._duration_s += end_s - new_from_s
        self._end_s = end_s

    def add_mitigation(self, values: Mapping[str, Any]) -> None:
        """Take a mitigation, with the keys that the observer gives."""
        if values['phase'] == 'STARTED':
            self._episodes[values['emotion']] += 1

    def add_lost_sound(self, total_s: float) -> None:
        """Take in all sound that feature_extraction has lost since it was activated [s]."""
        if total_s == 0.0 or total_s < self._reported_lost_s - _CORRECTED_S:
            self._reported_lost_s = 0.0  # it was activated again
        self.lost_sound_s += total_s - self._reported_lost_s
        self._reported_lost_s = total_s

    @property
    def lost(self) -> int:
        """Windows that are missing in the sequence."""
        return self._lost.count

    def latency_s(self, percent: float) -> float:
        """Return a percentile of the latency, NaN where none was measured."""
        if not self._latencies_s:
            return math.nan
        return float(np.percentile(self._latencies_s, percent))

    def summary(self) -> Summary:
        """Return what it came to so far."""
        return Summary(
            windows=len(self._counts),
            duration_s=self._duration_s,
            shares=self._counts.shares(),
            latency_p50_s=self.latency_s(50.0),
            latency_p95_s=self.latency_s(95.0),
            lost=self.lost,
            lost_sound_s=self.lost_sound_s,
            episodes=dict(self._episodes))
