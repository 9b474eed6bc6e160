# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Talks made of labelled clips: one speaker, first calm, then in one emotion.

Clips follow each other in random order with pauses of 0.3 to 0.9 s, after what is 40 dB under
their loudest 20 ms is cut off at both ends. A speaker with few clips repeats them in another order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.corpora.labelled_clips import Clip, read_samples
from ser_ros.errors import SerError
from ser_ros.evaluation.emotion_changes import trim

CALM = 'neutral'
# The emotions that a robot should answer, and the talk in which every answer is wrong.
ANSWERED = ('anger', 'sadness', 'fear')
UNANSWERED = (CALM, 'happiness')

CALM_S = 20.0
MAX_CALM_S = 3600.0
EMOTIONAL_S = 20.0
LONG_S = 120.0
PAUSES_S = (0.3, 0.9)


@dataclass(frozen=True)
class Talk:
    """A plan for one talk.

    Attributes:
        corpus, speaker: whose talk it is.
        emotion: of the part after the calm one.
        calm_clips, clips: of the two parts.
        calm_s, duration_s: of the two parts.
        seed: of the order and the pauses.
    """

    corpus: str
    speaker: str
    emotion: str
    calm_clips: tuple[Clip, ...]
    clips: tuple[Clip, ...]
    calm_s: float
    duration_s: float
    seed: int

    def sound(self) -> np.ndarray:
        """Return the samples, float32 (n,) at 16 kHz: calm talk, then the emotion.

        Raises:
            SerError: if a clip cannot be read.
        """
        generator = np.random.default_rng(self.seed)
        calm = _speech(self.calm_clips, self.calm_s, generator)
        return np.concatenate([calm[-_samples(self.calm_s):],
                               _speech(self.clips, self.duration_s, generator)[
                                   :_samples(self.duration_s)]])


def plan(clips: Sequence[Clip], labels: Sequence[str], talks: int, long_talks: int,
         seed: int = 0, calm_s: float = CALM_S) -> list[Talk]:
    """Plan the same number of talks for each corpus and emotion, shared by its speakers.

    Args:
        clips: of speakers that are known.
        labels: those of the clips.
        talks: number of short talks for each corpus and emotion of `ANSWERED`.
        long_talks: number of long ones for each corpus and emotion of `UNANSWERED`.
        seed: of everything that is random.
        calm_s: duration of the calm part, over 0.

    Raises:
        SerError: if a speaker is unknown, no corpus has calm clips, or ``calm_s`` is not allowed.
    """
    if not 0 < calm_s <= MAX_CALM_S:
        raise SerError(f'the calm talk lasts {calm_s} s; allowed: over 0 to {MAX_CALM_S:.0f} s')
    if any(not clip.speaker for clip in clips):
        raise SerError('a talk needs one speaker, but some clips name none; use a list with the '
                       'column speaker')
    voices: dict[tuple[str, str], dict[str, list[Clip]]] = {}
    for clip in clips:
        voices.setdefault((clip.corpus, clip.speaker), {}).setdefault(
            labels[clip.label], []).append(clip)
    generator = np.random.default_rng(seed)
    found = [talk for corpus in dict.fromkeys(clip.corpus for clip in clips)
             for emotion, number, duration_s in _wanted(talks, long_talks)
             for talk in _of_emotion(
                 corpus, emotion, number, (calm_s, duration_s), voices, generator)]
    if not found:
        raise SerError(f'no speaker has {CALM} clips; talks begin with them')
    return found


def _wanted(talks: int, long_talks: int) -> Iterator[tuple[str, int, float]]:
    yield from ((emotion, talks, EMOTIONAL_S) for emotion in ANSWERED)
    yield from ((emotion, long_talks, LONG_S) for emotion in UNANSWERED)


def _of_emotion(
        corpus: str, emotion: str, number: int, durations_s: tuple[float, float],
        voices: dict[tuple[str, str], dict[str, list[Clip]]],
        generator: np.random.Generator) -> Iterator[Talk]:
    speakers = [(speaker, members) for (name, speaker), members in sorted(voices.items())
                if name == corpus and CALM in members and emotion in members]
    for index in range(number if speakers else 0):
        speaker, members = speakers[index % len(speakers)]
        yield Talk(corpus, speaker, emotion, tuple(members[CALM]), tuple(members[emotion]),
                   *durations_s, int(generator.integers(2 ** 31)))


def _speech(clips: Sequence[Clip], duration_s: float,
            generator: np.random.Generator) -> np.ndarray:
    """Return clips with a pause after each, of at least this duration."""
    parts: list[np.ndarray] = []
    order: list[int] = []
    while sum(map(len, parts)) < _samples(duration_s):
        order = order or generator.permutation(len(clips)).tolist()
        parts.append(trim(read_samples(clips[order.pop()].path)))
        parts.append(np.zeros(_samples(generator.uniform(*PAUSES_S)), np.float32))
    return np.concatenate(parts)


def _samples(duration_s: float) -> int:
    return round(duration_s * SAMPLE_RATE_HZ)
