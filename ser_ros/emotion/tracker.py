# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Follow an emotion over time: a steady label out of the probabilities of single windows.

Windows overlap and single ones err, so a label read off each of them flickers. The tracker

1. gates: a window with too little speech, or muted, says nothing (NO_SPEECH);
2. smooths: an exponential moving average over audio time, in which a window counts as much as it
   holds speech;
3. decides: an emotion is named where its smoothed probability reaches ``min_confidence``, stays at
   least ``min_hold_s`` and gives way only to one that leads clearly.

Everything is measured in audio time, by the stamps, so the same recording gives the same output
however fast it is replayed, and the period of the windows hardly matters.
"""

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Optional, Sequence

import numpy as np

from ser_ros.emotion.settings import TrackerSettings
from ser_ros.errors import SerError, listed

# Stamps are float64 seconds, since 1970 on a real clock: good to about 0.5 us. A duration that
# falls short of its limit by less than this has reached it.
TIME_TOLERANCE_S = 1e-4

# What a window without any speech counts where min_speech is so low that it is let through.
_LEAST_WEIGHT = 1e-3

# Less than this is left of old evidence only after a silence of many time constants.
_LEAST_EVIDENCE = 1e-12


class State(IntEnum):
    """What is known of the speaker now; the values of the ``STATE_`` constants of Emotion.msg."""

    NO_SPEECH = 0
    UNCERTAIN = 1
    EMOTION = 2


@dataclass(frozen=True)
class Estimate:
    """What the tracker says after a window.

    Attributes:
        state: NO_SPEECH, UNCERTAIN or EMOTION.
        label: the emotion; empty unless ``state`` is EMOTION.
        confidence: smoothed probability of ``label``, or of the emotion that would be named if it
            reached ``min_confidence``; 0 in NO_SPEECH.
        probabilities: smoothed, float32, in the order of the labels, adding up to 1; all 0 in
            NO_SPEECH.
    """

    state: State
    label: str
    confidence: float
    probabilities: np.ndarray


class EmotionTracker:
    """Turn the probabilities of windows, in the order of their stamps, into a steady estimate.

    With ``p`` the probabilities of a window, ``w`` its speech probability and ``dt`` the time since
    the window before, the average is ``N / sum(N)`` with ``N <- d * N + (1 - d) * w * p`` and
    ``d = exp(-dt / smoothing_s)``. Silence therefore ages what was heard before it: the longer
    the pause, the more the first window after it counts. The first window after a reset, or after
    a silence of more than ``reset_after_s``, is taken as it is.

    An emotion that was named may fall under ``min_confidence``; the state is then UNCERTAIN at
    once, whatever ``min_hold_s`` says: confidence is never made up. What the hold prevents is
    another emotion's being named.
    """

    def __init__(
        self, labels: Sequence[str], settings: Optional[TrackerSettings] = None,
    ) -> None:
        """Start with nothing heard.

        Args:
            labels: the emotions, in the order of the probabilities.

        Raises:
            SerError: if there is no label or one is given twice.
        """
        self.labels = tuple(labels)
        if not self.labels or len(set(self.labels)) < len(self.labels):
            raise SerError(f'the labels are {list(self.labels)}; needed: one or more, each once')
        #: May be replaced between two updates.
        self.settings = settings or TrackerSettings()
        self.reset()

    def reset(self) -> None:
        """Forget everything heard."""
        self._stamp_s: Optional[float] = None
        self._forget()

    def _forget(self) -> None:
        self._evidence = np.zeros(len(self.labels))
        self._speech_stamp_s = -math.inf
        self._named: Optional[int] = None
        self._named_stamp_s = -math.inf

    def hears_speech(self, speech_probability: float, muted: bool = False) -> bool:
        """Return whether such a window is speech, so that its probabilities are needed."""
        return not muted and speech_probability >= self.settings.min_speech

    def update(
        self, stamp_s: float, probabilities: Optional[np.ndarray],
        speech_probability: float, muted: bool = False,
    ) -> Estimate:
        """Take the next window.

        Args:
            stamp_s: audio time of the window's last sample; where it goes back (a bag played in a
                loop) the tracker restarts.
            probabilities: of the emotions in this window, shape (n,), adding up to 1; None is
                enough for a window without speech.
            speech_probability: share of the window that is speech, [0, 1].
            muted: the window must not be used, for instance because the robot is speaking.

        Raises:
            SerError: for a value that is not finite, out of range or of the wrong length. The
                tracker is then as it was before the call.
        """
        _check_finite('stamp', stamp_s)
        _check_unit_range('speech probability', speech_probability)
        window = None if probabilities is None else self._checked(probabilities)
        speech = self.hears_speech(speech_probability, muted)
        if speech and window is None:
            raise SerError(
                f'a window with speech has no probabilities; {len(self.labels)} are needed')
        decay = self._advance(float(stamp_s))
        if window is None or not speech:
            self._evidence *= decay
            return Estimate(State.NO_SPEECH, '', 0.0, np.zeros(len(self.labels), np.float32))
        weight = max(speech_probability, _LEAST_WEIGHT)
        smoothed = self._smooth(float(stamp_s), window, weight, decay)
        return self._decide(float(stamp_s), smoothed)

    def _checked(self, probabilities: np.ndarray) -> np.ndarray:
        window = np.asarray(probabilities, dtype=np.float64)
        if window.shape != (len(self.labels),):
            raise SerError(
                f'the probabilities have the shape {window.shape}; needed: {len(self.labels)} '
                f'values, one for each of {listed(self.labels)}')
        # Written so that NaN fails too.
        if not (window.min() >= 0.0 and abs(window.sum() - 1.0) <= 1e-3):
            raise SerError(
                f'the probabilities are {window.tolist()}; needed: values from 0 to 1 that add up '
                'to 1')
        return window

    def _advance(self, stamp_s: float) -> float:
        """Move to the window's time and return what is left of the evidence before it, [0, 1]."""
        previous_s, self._stamp_s = self._stamp_s, stamp_s
        if previous_s is None or stamp_s < previous_s - TIME_TOLERANCE_S:
            self._forget()
            return 0.0
        silence_s = stamp_s - self._speech_stamp_s
        if silence_s > self.settings.reset_after_s + TIME_TOLERANCE_S:
            self._forget()
        if self.settings.smoothing_s == 0.0:
            return 0.0
        return math.exp(-max(stamp_s - previous_s, 0.0) / self.settings.smoothing_s)

    def _smooth(
        self, stamp_s: float, window: np.ndarray, weight: float, decay: float,
    ) -> np.ndarray:
        self._speech_stamp_s = stamp_s
        if self._evidence.sum() < _LEAST_EVIDENCE:
            self._evidence = weight * window
        else:
            self._evidence = decay * self._evidence + (1.0 - decay) * weight * window
        return self._evidence / self._evidence.sum()

    def _decide(self, stamp_s: float, smoothed: np.ndarray) -> Estimate:
        least = self.settings.min_confidence
        leader = int(np.argmax(smoothed))
        if self._gives_way(stamp_s, leader, smoothed):
            self._named = leader if smoothed[leader] >= least else None
            self._named_stamp_s = stamp_s
        candidate = leader if self._named is None else self._named
        confidence = float(smoothed[candidate])
        certain = confidence >= least
        return Estimate(
            state=State.EMOTION if certain else State.UNCERTAIN,
            label=self.labels[candidate] if certain else '',
            confidence=confidence,
            probabilities=smoothed.astype(np.float32))

    def _gives_way(self, stamp_s: float, leader: int, smoothed: np.ndarray) -> bool:
        """Return whether the emotion that was named, if any, leaves the place to the leader."""
        if self._named is None:
            return True
        settings = self.settings
        if leader == self._named or (
                stamp_s - self._named_stamp_s < settings.min_hold_s - TIME_TOLERANCE_S):
            return False
        # The hysteresis protects an emotion only as long as that is likely enough itself.
        named = smoothed[self._named]
        return bool(named < settings.min_confidence
                    or smoothed[leader] - named >= settings.hysteresis)


def _check_finite(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise SerError(f'the {name} is {value}; needed: a finite number')


def _check_unit_range(name: str, value: float) -> None:
    # Written so that NaN fails too; a float32 mean may round to a little more than 1.
    if not -1e-6 <= value <= 1.0 + 1e-6:
        raise SerError(f'the {name} is {value}; allowed: 0 to 1')
