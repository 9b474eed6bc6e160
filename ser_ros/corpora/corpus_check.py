# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is in a corpus and what is wrong with it, before anything is trained on it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ser_ros.corpora import CATALOGUE, Listing, Recording, emotion_map
from ser_ros.corpora.clip_check import ClipCheck
from ser_ros.corpora.labels import COMMON
from ser_ros.corpora.text_leak import share_shown_by_text

# No speech is left above the rounding of 16 bits: -70 dBFS is an RMS of 10 steps.
SILENT_DBFS = -70.0
# Speech this faint is heard by few microphones without more noise than speech.
QUIET_DBFS = -58.0
UNKNOWN_LICENCE = 'unknown; ask whoever made it'


@dataclass(frozen=True)
class CorpusCheck:
    """The findings on one corpus.

    Attributes:
        listing: its clips.
        clips: what was measured, in the order of the listing.
        quiet_dbfs: level under which a clip counts as quiet.
    """

    listing: Listing
    clips: Sequence[ClipCheck]
    quiet_dbfs: float = QUIET_DBFS

    @property
    def licence(self) -> str:
        """The corpus's licence, as far as it is known."""
        info = CATALOGUE.get(self.listing.corpus)
        return info.licence if info else UNKNOWN_LICENCE

    @property
    def usable(self) -> list[tuple[Recording, ClipCheck]]:
        """The clips that can be decoded and are not silent."""
        return [(recording, clip) for recording, clip in self._pairs()
                if not clip.problem and clip.level_dbfs > SILENT_DBFS]

    @property
    def broken(self) -> list[tuple[Path, str]]:
        """Files that cannot be decoded to their end, and why."""
        return [(recording.path, clip.problem) for recording, clip in self._pairs()
                if clip.problem]

    @property
    def notes(self) -> list[str]:
        """What is odd about files of which all sound is used."""
        return [clip.note for clip in self.clips if clip.note]

    @property
    def silent(self) -> list[Path]:
        """Files without any sound to speak of."""
        return [recording.path for recording, clip in self._pairs()
                if not clip.problem and clip.level_dbfs <= SILENT_DBFS]

    @property
    def quiet(self) -> list[Path]:
        """Files that are usable, but quiet."""
        return [recording.path for recording, clip in self.usable
                if clip.level_dbfs < self.quiet_dbfs]

    @property
    def duplicates(self) -> list[list[Recording]]:
        """Groups of clips that hold the very same sound."""
        groups = defaultdict(list)
        for recording, clip in self.usable:
            groups[clip.content].append(recording)
        return [group for group in groups.values() if len(group) > 1]

    @property
    def contradictions(self) -> list[list[Recording]]:
        """Those duplicates whose labels or speakers differ."""
        return [group for group in self.duplicates
                if len({(recording.label, recording.speaker) for recording in group}) > 1]

    @property
    def unknown_labels(self) -> dict[str, int]:
        """Clips by label, of labels that no map knows."""
        known = emotion_map(self.listing.corpus)
        return dict(Counter(recording.label for recording in self.listing.recordings
                            if recording.label not in known))

    @property
    def dropped_labels(self) -> dict[str, int]:
        """Clips by label, of labels that are left out of training."""
        known = emotion_map(self.listing.corpus)
        return dict(Counter(recording.label for recording in self.listing.recordings
                            if recording.label in known and known[recording.label] is None))

    @property
    def merged_labels(self) -> dict[str, str]:
        """Labels of this corpus alone that count as another emotion."""
        known = emotion_map(self.listing.corpus)
        strange = {recording.label for recording in self.listing.recordings} - set(COMMON)
        return {label: emotion for label in sorted(strange)
                for emotion in [known.get(label)] if emotion}

    @property
    def sound(self) -> bool:
        """Whether nothing has to be repaired before training."""
        return not (self.broken or self.silent or self.contradictions or self.unknown_labels
                    or self.listing.faults)

    def counts(self) -> dict[str, Counter]:
        """Return the number of clips by speaker and emotion."""
        known = emotion_map(self.listing.corpus)
        table: dict[str, Counter] = {}
        for recording in self.listing.recordings:
            emotion = known.get(recording.label, f'{recording.label} (unknown)')
            name = emotion or f'{recording.label} (left out)'
            table.setdefault(recording.speaker or 'unknown', Counter())[name] += 1
        return dict(sorted(table.items()))

    def durations_s(self) -> np.ndarray:
        """Return the durations of the usable clips."""
        return np.array([clip.duration_s for _, clip in self.usable])

    def levels_dbfs(self) -> np.ndarray:
        """Return the levels of the usable clips."""
        return np.array([clip.level_dbfs for _, clip in self.usable])

    def _pairs(self) -> list[tuple[Recording, ClipCheck]]:
        return list(zip(self.listing.recordings, self.clips, strict=True))

    def values(self) -> dict[str, Any]:
        """Return all findings as plain values."""
        return {
            'folder': str(self.listing.folder), 'corpus': self.listing.corpus,
            'layout': self.listing.layout, 'licence': self.licence, 'sound': self.sound,
            'clips': len(self.clips), 'usable': len(self.usable),
            'counts': {speaker: dict(row) for speaker, row in self.counts().items()},
            'total_duration_s': round(float(self.durations_s().sum()), 3),
            'duration_s': spread(self.durations_s()), 'level_dbfs': spread(self.levels_dbfs()),
            'sample_rates_hz': dict(Counter(clip.rate_hz for _, clip in self.usable)),
            'label_shown_by_text': share_shown_by_text(self.listing.recordings),
            'faults': [{'file': str(fault.path), 'line': fault.line, 'problem': fault.problem}
                       for fault in self.listing.faults],
            'broken': [{'file': str(path), 'problem': text} for path, text in self.broken],
            'notes': self.notes,
            'silent': [str(path) for path in self.silent],
            'quiet_dbfs': self.quiet_dbfs, 'quiet': [str(path) for path in self.quiet],
            'duplicates': [[str(recording.path) for recording in group]
                           for group in self.duplicates],
            'contradictions': [[str(recording.path) for recording in group]
                               for group in self.contradictions],
            'unknown_labels': self.unknown_labels, 'dropped_labels': self.dropped_labels,
            'merged_labels': self.merged_labels,
            'skipped': [{'file': str(path), 'reason': text}
                        for path, text in self.listing.skipped]}


def spread(values: np.ndarray) -> dict[str, float]:
    """Return minimum, median and maximum; nothing of nothing."""
    if not len(values):
        return {}
    return {'min': round(float(values.min()), 3), 'median': round(float(np.median(values)), 3),
            'max': round(float(values.max()), 3)}
