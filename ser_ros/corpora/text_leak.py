# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far the words of a clip give its label away, before anybody hears the voice."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Optional

from ser_ros.corpora.recording import Recording


def share_shown_by_text(recordings: Sequence[Recording]) -> Optional[float]:
    """Return the share of clips whose label another speaker's clip of the same sentence shows.

    The other speakers' clips of a sentence show their most frequent label, and none where two
    labels are as frequent. Where a clip has no id of its sentence, its text stands for it.

    Returns:
        The share of all clips, [0, 1]; None where no clip has a sentence, or none has a speaker.
    """
    spoken = [recording for recording in recordings if recording.speaker and _words(recording)]
    if not spoken:
        return None
    by_speaker: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    by_sentence: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for recording in spoken:
        by_speaker[_words(recording), recording.speaker][recording.label] += 1
        by_sentence[_words(recording)][recording.label] += 1
    shown = 0
    for (words, _), own in by_speaker.items():
        shown += own[_most_frequent(by_sentence[words] - own)]
    return shown / len(recordings)


def _words(recording: Recording) -> str:
    return recording.sentence or recording.text


def _most_frequent(labels: Counter[str]) -> str:
    """Return the label that is more frequent than any other; '' where there is none."""
    first = labels.most_common(2)
    if not first or (len(first) > 1 and first[0][1] == first[1][1]):
        return ''
    return first[0][0]
