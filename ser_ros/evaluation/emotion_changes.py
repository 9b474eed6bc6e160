# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The delay until a change of emotion is reported: clips of two emotions, one voice, joined."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.corpora.labelled_clips import Clip, read_samples
from ser_ros.evaluation.scoring import ClipScores, Scorer

# Long enough for the label to settle before the change, and to be given up as not found after it.
BEFORE_S = 6.0
AFTER_S = 8.0
TRIM_FRAME = 320
TRIM_DB = 40.0


@dataclass(frozen=True)
class Change:
    """One speaker's change from the emotion ``before`` to ``after``, indices of labels."""

    corpus: str
    speaker: str
    before: int
    after: int
    before_clips: tuple[Clip, ...]
    after_clips: tuple[Clip, ...]


@dataclass(frozen=True)
class Response:
    """What the graph's label does at a change.

    Attributes:
        named_before: whether it was the right one just before; else there is no delay to speak of.
        left_s: time from the change to another label or none; None if that does not happen.
        named_s: time from the change to the label of the new emotion, likewise.
    """

    change: Change
    named_before: bool
    left_s: Optional[float]
    named_s: Optional[float]


def plan(clips: Sequence[Clip], per_speaker: int, seed: int = 0) -> list[Change]:
    """Draw changes between the emotions of each known speaker, the same ones for the same clips.

    Args:
        per_speaker: maximum number of changes for each.
    """
    generator = np.random.default_rng(seed)
    changes = []
    for corpus, speaker in dict.fromkeys(
            (clip.corpus, clip.speaker) for clip in clips if clip.speaker):
        members: dict[int, list[Clip]] = {}
        for clip in clips:
            if (clip.corpus, clip.speaker) == (corpus, speaker):
                members.setdefault(clip.label, []).append(clip)
        pairs = [(first, second) for first in sorted(members) for second in sorted(members)
                 if first != second]
        for index in generator.permutation(len(pairs))[:per_speaker]:
            before, after = pairs[index]
            changes.append(Change(corpus, speaker, before, after,
                                  _shuffled(members[before], generator),
                                  _shuffled(members[after], generator)))
    return changes


def _shuffled(clips: Sequence[Clip], generator: np.random.Generator) -> tuple[Clip, ...]:
    return tuple(clips[index] for index in generator.permutation(len(clips)))


def measure(scorer: Scorer, changes: Iterable[Change]) -> Iterator[Response]:
    """Yield how the label follows each change, with the settings of the running graph.

    Raises:
        SerError: if a clip cannot be read.
    """
    labels = scorer.labels
    for change in changes:
        first = join(change.before_clips, BEFORE_S)
        second = join(change.after_clips, AFTER_S)
        scores = scorer.score(np.concatenate([first, second]))
        yield respond(change, scores, len(first) / SAMPLE_RATE_HZ, labels)


def respond(change: Change, scores: ClipScores, change_s: float,
            labels: Sequence[str]) -> Response:
    """Return what the label does at a change ``change_s`` after the recording's start."""
    old, new = labels[change.before], labels[change.after]
    earlier = [label for end_s, label in zip(scores.end_s, scores.labels, strict=True)
               if end_s <= change_s]
    later = [(float(end_s) - change_s, label)
             for end_s, label in zip(scores.end_s, scores.labels, strict=True)
             if end_s > change_s]
    return Response(
        change, bool(earlier) and earlier[-1] == old,
        next((delay_s for delay_s, label in later if label != old), None),
        next((delay_s for delay_s, label in later if label == new), None))


def join(clips: Sequence[Clip], duration_s: float) -> np.ndarray:
    """Return the clips' speech in a row, from the start again if need be, of this duration."""
    parts: list[np.ndarray] = []
    wanted = round(duration_s * SAMPLE_RATE_HZ)
    while sum(map(len, parts)) < wanted:
        parts.append(trim(read_samples(clips[len(parts) % len(clips)].path)))
    return np.concatenate(parts)[:wanted]


def trim(samples: np.ndarray) -> np.ndarray:
    """Cut off what is 40 dB under the loudest 20 ms at both ends, so that a change has one moment.

    Args:
        samples: float32 (n,), at least 20 ms; silence alone is left as it is.
    """
    frames = samples[:len(samples) // TRIM_FRAME * TRIM_FRAME].reshape(-1, TRIM_FRAME)
    powers = np.square(frames, dtype=np.float64).mean(axis=1)
    loud = np.flatnonzero(powers >= powers.max() * 10 ** (-TRIM_DB / 10))
    return samples[loud[0] * TRIM_FRAME:(loud[-1] + 1) * TRIM_FRAME]


@dataclass(frozen=True)
class ResponseFigures:
    """The responses of one corpus in short.

    Attributes:
        changes: how many there were.
        named_before: share of them before which the label was right; the rest is of these alone.
        followed: share whose new emotion is named within AFTER_S.
        median_s, slow_s: median and 90th percentile of the time until then, of those that are
            followed; NaN if none is.
        left_median_s: median of the time until the old label is given up, of those where it is.
    """

    changes: int
    named_before: float
    followed: float
    median_s: float
    slow_s: float
    left_median_s: float


def summarise(responses: Sequence[Response]) -> ResponseFigures:
    """Return the figures of some responses, at least one."""
    rated = [response for response in responses if response.named_before]
    named_s = [response.named_s for response in rated if response.named_s is not None]
    left_s = [response.left_s for response in rated if response.left_s is not None]
    nan = float('nan')
    return ResponseFigures(
        len(responses), len(rated) / len(responses),
        len(named_s) / len(rated) if rated else nan,
        float(np.median(named_s)) if named_s else nan,
        float(np.percentile(named_s, 90)) if named_s else nan,
        float(np.median(left_s)) if left_s else nan)
