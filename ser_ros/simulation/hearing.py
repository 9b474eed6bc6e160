# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the recognizer makes of how a person feels: estimates as the tracker gives them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Dict, List, Mapping, NamedTuple, Tuple

import numpy as np

from ser_ros.emotion.labels import EMOTIONS
from ser_ros.emotion.settings import TrackerSettings
from ser_ros.emotion.tracker import State
from ser_ros.typed_values import key

# How a person sounds who says nothing, and one who speaks unclearly.
SILENT = 'silent'
MUMBLES = 'mumbles'
SOUNDS = (SILENT, MUMBLES, *EMOTIONS)

# Different estimates of the same sound.
_VARIANTS = 256
# From this confidence on an emotion is named.
_NAMED = TrackerSettings().min_confidence
_SUREST = 0.95


class Heard(NamedTuple):
    """An estimate without its stamp; see `ser_ros.mitigation.estimates.Estimate`."""

    state: State
    label: str
    confidence: float
    probabilities: Mapping[str, float]


NOTHING = Heard(State.NO_SPEECH, '', 0.0, {})


@dataclass(frozen=True)
class HearingSettings:
    """How well the recognizer hears."""

    uncertain: float = key('share of the windows of speech that are UNCERTAIN', 0.35, ge=0, le=1)
    wrong: float = key('share of the other ones that name a wrong emotion', 0.05, ge=0, le=1)
    period_s: float = key('time from one window to the next', 0.5, ge=0.1, le=5)
    latency_s: float = key('time from the end of a window to its estimate', 0.1, ge=0, le=5)
    window_s: float = key('length of a window', 2.6, ge=0.1, le=30)


class Hearing:
    """Draw estimates.

    All numbers are drawn beforehand, for speed. So each window is uncertain or wrong by itself,
    whatever was heard before it. What the robot does changes no number that is drawn.
    """

    def __init__(self, settings: HearingSettings, windows: int, seed: int) -> None:
        """Draw what decides.

        Args:
            settings: how well it hears.
            windows: their number.
            seed: of the random numbers.
        """
        drawn = np.random.RandomState(seed)
        self._variant: List[int] = drawn.randint(_VARIANTS, size=windows).tolist()
        uncertain = drawn.random_sample(windows) < settings.uncertain
        wrong = drawn.random_sample(windows) < settings.wrong
        self._is_uncertain: List[bool] = uncertain.tolist()
        self._is_wrong: List[bool] = wrong.tolist()
        self._certain, self._uncertain = _variants()

    def hear(self, index: int, sound: str, confidence: float = 0.0) -> Heard:
        """Return what is heard in a window.

        Args:
            index: number of the window.
            sound: one of SOUNDS.
            confidence: with which an emotion is named; 0: one that is drawn.
        """
        if sound == SILENT:
            return NOTHING
        variant = self._variant[index]
        if sound == MUMBLES or self._is_uncertain[index]:
            return self._uncertain[sound][variant]
        if confidence:
            return _exactly(sound, confidence)
        if self._is_wrong[index]:
            sound = EMOTIONS[(EMOTIONS.index(sound) + 1 + variant % (len(EMOTIONS) - 1))
                             % len(EMOTIONS)]
        return self._certain[sound][variant]


Variants = Dict[str, List[Heard]]


@lru_cache(maxsize=None)
def _variants() -> Tuple[Variants, Variants]:
    """Return the estimates for each sound, with and without an emotion that is named."""
    drawn = np.random.RandomState(0)
    certain = {emotion: [_named(drawn, emotion) for _ in range(_VARIANTS)]
               for emotion in EMOTIONS}
    uncertain = {emotion: [_unnamed(drawn, emotion) for _ in range(_VARIANTS)]
                 for emotion in EMOTIONS}
    uncertain[MUMBLES] = [_unnamed(drawn, '') for _ in range(_VARIANTS)]
    return certain, uncertain


@lru_cache(maxsize=None)
def _exactly(emotion: str, confidence: float) -> Heard:
    others = (1.0 - confidence) / (len(EMOTIONS) - 1)
    shares = {label: confidence if label == emotion else others for label in EMOTIONS}
    return Heard(State.EMOTION, emotion, confidence, shares)


def _named(drawn: np.random.RandomState, emotion: str) -> Heard:
    confidence = drawn.uniform(_NAMED + 0.05, _SUREST)
    shares = _spread(drawn, emotion, confidence, confidence)
    return Heard(State.EMOTION, emotion, shares[emotion], shares)


def _unnamed(drawn: np.random.RandomState, emotion: str) -> Heard:
    share = drawn.uniform(0.2, _NAMED) if emotion else 0.0
    shares = _spread(drawn, emotion, share, _NAMED)
    return Heard(State.UNCERTAIN, '', max(shares.values()), shares)


def _spread(drawn: np.random.RandomState, emotion: str, share: float,
            limit: float) -> Dict[str, float]:
    """Return probabilities with a share for an emotion, and none of the others over a limit."""
    others = [label for label in EMOTIONS if label != emotion]
    rest = drawn.dirichlet(np.ones(len(others))) * (1.0 - share)
    even = (1.0 - share) / len(others)
    if rest.max() >= limit:
        rest = even + (rest - even) * (limit - even) / (rest.max() - even) * 0.99
    shares = dict(zip(others, rest.tolist()))
    if emotion:
        shares[emotion] = share
    return {label: shares[label] for label in EMOTIONS}
