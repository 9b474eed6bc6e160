# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a model hears low and high voices, women and men equally well."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.evaluation.figures import clip_score
from ser_ros.evaluation.scoring import ClipScores

NEUTRAL = 'neutral'
NEGATIVE = ('anger', 'sadness', 'fear', 'disgust')
LOW_HZ = 140.0
HIGH_HZ = 180.0
PITCHES = (f'under {LOW_HZ:g} Hz', f'{LOW_HZ:g} to {HIGH_HZ:g} Hz', f'over {HIGH_HZ:g} Hz')
# A share of fewer clips than this says too little to be compared with another.
MIN_CLIPS = 10


@dataclass(frozen=True)
class Rate:
    """A share with its counts.

    Attributes:
        right: number of right answers.
        of: number of answers or clips that they are counted among.
    """

    right: int
    of: int

    @property
    def share(self) -> float:
        """The share, [0, 1]; NaN of nothing."""
        return self.right / self.of if self.of else float('nan')


@dataclass(frozen=True)
class Voices:
    """How a model answers to one group of speakers.

    Attributes:
        name: of the group, such as 'over 180 Hz' or 'female'.
        speakers: number of speakers.
        clips: number of their clips.
        rates: by name: 'recall of neutral', then the precision of each negative emotion.
    """

    name: str
    speakers: int
    clips: int
    rates: dict[str, Rate]


@dataclass(frozen=True)
class Fairness:
    """How a model answers to the speakers of one corpus, clip by clip.

    Attributes:
        pitch_hz: median pitch of each speaker.
        groups: by what they are formed by, 'pitch' and, where the corpus says it, 'sex'.
    """

    pitch_hz: dict[str, float]
    groups: dict[str, list[Voices]]


def measure(clips: Sequence[Clip], scores: Sequence[ClipScores],
            labels: Sequence[str]) -> Fairness:
    """Return how fair the answers to the clips of one corpus are; any label may be answered.

    Clips of unknown speakers count nowhere.
    """
    everything = list(range(len(labels)))
    return of_answers(
        clips, [labels[int(np.argmax(clip_score(entry, everything)))] for entry in scores],
        [clip_pitch(entry.pitch_hz[entry.rated]) for entry in scores], labels)


def of_answers(clips: Sequence[Clip], answers: Sequence[str], pitch_hz: Sequence[float],
               labels: Sequence[str]) -> Fairness:
    """Return how fair answers to the clips of one corpus are.

    Args:
        clips: those of unknown speakers count nowhere.
        answers: the emotion that each clip was heard as.
        pitch_hz: of each clip, see `clip_pitch`.
        labels: those of the clips.
    """
    rows = [index for index, clip in enumerate(clips) if clip.speaker]
    clips, answers = [clips[row] for row in rows], [answers[row] for row in rows]
    truth = [labels[clip.label] for clip in clips]
    speakers_hz = speaker_pitch(clips, [pitch_hz[row] for row in rows], labels)
    formed_by: dict[str, Callable[[Clip], str]] = {
        'pitch': lambda clip: pitch_name(speakers_hz[clip.speaker]), 'sex': lambda clip: clip.sex}
    groups = {name: _groups(clips, truth, answers, group_of)
              for name, group_of in formed_by.items()}
    return Fairness(speakers_hz, {name: members for name, members in groups.items() if members})


def clip_pitch(windows_hz: Iterable[float]) -> float:
    """Return the pitch of a clip: the median over its windows that have one; NaN without any."""
    known = [value for value in windows_hz if not np.isnan(value)]
    return float(np.median(known)) if known else float('nan')


def speaker_pitch(clips: Sequence[Clip], pitch_hz: Sequence[float],
                  labels: Sequence[str]) -> dict[str, float]:
    """Return the median pitch of each speaker [Hz]; NaN where no clip of theirs is voiced.

    It is the median over the neutral clips, which emotion does not move, and over all where there
    is none.
    """
    neutral: dict[str, list[float]] = {}
    every: dict[str, list[float]] = {}
    for clip, pitch in zip(clips, pitch_hz, strict=True):
        every.setdefault(clip.speaker, []).append(pitch)
        if labels[clip.label] == NEUTRAL and not np.isnan(pitch):
            neutral.setdefault(clip.speaker, []).append(pitch)
    return {speaker: clip_pitch(neutral.get(speaker, pitches))
            for speaker, pitches in every.items()}


def pitch_name(pitch_hz: float) -> str:
    """Return the group of voices of this pitch; '' for NaN."""
    if np.isnan(pitch_hz):
        return ''
    return PITCHES[int(pitch_hz >= LOW_HZ) + int(pitch_hz > HIGH_HZ)]


def gaps(groups: Sequence[Voices], min_clips: int = MIN_CLIPS) -> dict[str, float]:
    """Return by how much the best and the worst group are apart, for each rate.

    Args:
        groups: of one kind.
        min_clips: a group with fewer is left out; NaN where fewer than two groups are left.
    """
    found = {}
    for name in groups[0].rates if groups else ():
        shares = [group.rates[name].share for group in groups if group.rates[name].of >= min_clips]
        found[name] = max(shares) - min(shares) if len(shares) > 1 else float('nan')
    return found


def _groups(clips: Sequence[Clip], truth: Sequence[str], answers: Sequence[str],
            group_of: Callable[[Clip], str]) -> list[Voices]:
    names = [group_of(clip) for clip in clips]
    known = set(names) - {''}
    ordered = [name for name in PITCHES if name in known] or sorted(known)
    found = []
    for name in ordered:
        rows = [row for row, group in enumerate(names) if group == name]
        pairs = [(truth[row], answers[row]) for row in rows]
        found.append(Voices(name, len({clips[row].speaker for row in rows}), len(rows),
                            _rates(pairs, set(truth))))
    return found


def _rates(pairs: Sequence[tuple[str, str]], present: set[str]) -> dict[str, Rate]:
    """Return the rates of pairs of truth and answer, empty for what is not in the corpus."""
    spoken = [answer for truth, answer in pairs if truth == NEUTRAL]
    rates = {'recall of neutral': Rate(spoken.count(NEUTRAL), len(spoken))}
    for emotion in NEGATIVE:
        found = [truth for truth, answer in pairs if answer == emotion and emotion in present]
        rates[f'precision of {emotion}'] = Rate(found.count(emotion), len(found))
    return rates


def as_json(fairness: Mapping[str, Fairness]) -> dict[str, dict]:
    """Return plain values by corpus; shares in [0, 1], None for no value."""
    return {corpus: {
        'pitch_hz': {speaker: _number(value) for speaker, value in found.pitch_hz.items()},
        **{kind: {'groups': [_as_json(group) for group in groups],
                  'gap': {name: _number(value) for name, value in gaps(groups).items()}}
           for kind, groups in found.groups.items()}} for corpus, found in fairness.items()}


def _as_json(group: Voices) -> dict:
    return {'name': group.name, 'speakers': group.speakers, 'clips': group.clips,
            **{name: {'share': _number(rate.share), 'right': rate.right, 'of': rate.of}
               for name, rate in group.rates.items()}}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value
