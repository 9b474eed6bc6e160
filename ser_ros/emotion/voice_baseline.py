# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is normal for a voice: a slow mean of what the model hears in its calm speech.

A high voice sounds excited to a model that has never heard it. A model with a ``voice_size``
therefore takes the voice's baseline: the mean ``v`` of its voice over earlier calm speech, times
``s = m / (m + 8)``, and ``s`` itself. ``m`` is how much was heard, in clips of 2.6 s of speech, as
in training. ``s`` grows slowly, so little speech changes little, and ``m`` ends at 16, so the mean
then follows the last minutes.

A window counts by the new speech in it, because windows overlap, and by the square root of the
probability that it is neutral. That needs no threshold: a voice that is wrongly heard as happy
still gets a baseline, only more slowly. Somebody who is angry from the first minute gets little of
one. docs/architecture.md has the figures.
"""

import math
from typing import NamedTuple, Optional

import numpy as np

from ser_ros.inference.classifier import Classifier

CLIP_S = 2.6  # length of the clips of which training counts m
HALF_KNOWN_CLIPS = 8.0  # s is 0.5 there
MOST_CLIPS = 16.0  # s is at most 0.67
# A window that claims to be longer has no right stamps.
_LONGEST_WINDOW_S = 10.0
# Less sound than this between two windows is rounding.
_TIME_TOLERANCE_S = 1e-4


class KnownVoice(NamedTuple):
    """A voice that was heard earlier.

    Attributes:
        mean: Float32 (voice_size,), its mean.
        seconds: how much calm speech that was made from [s].
    """

    mean: np.ndarray
    seconds: float


class SpeechShare(NamedTuple):
    """How much of a window is speech, 0 to 1.

    Attributes:
        window: share of the whole window.
        newest: share of its newest part, which was in no window before.
    """

    window: float
    newest: float


_SILENCE = SpeechShare(0.0, 0.0)


class VoiceBaseline:
    """The baseline of the person who speaks, as it grows with what is heard.

    Attributes:
        value: what the model takes: float32 (voice_size + 1,), s times the mean, and s. The same
            array for every window; it changes with what is heard.
        seconds: how much calm speech was heard since the reset [s], with that of the enrolment.
    """

    def __init__(self, voice_size: int, start: Optional[KnownVoice] = None) -> None:
        """Start with a stranger, or with an enrolled voice.

        Args:
            voice_size: of the model.
            start: the enrolled voice; None for a stranger.
        """
        self.value = np.zeros(voice_size + 1, np.float32)
        self._total = np.zeros(voice_size)
        self._start = start
        self._end_s: Optional[float] = None
        self._from_s = -math.inf
        self._begin()

    def reset(self) -> None:
        """Forget everything heard: what comes next is another stream."""
        self._end_s = None
        self._from_s = -math.inf
        self._begin()

    def change_person(self) -> None:
        """Take it that another person speaks from now on: the enrolled one, or a stranger.

        Windows that began before still hold the other voice, and do not count.
        """
        if self._end_s is not None:
            self._from_s = self._end_s
        self._begin()

    def _begin(self) -> None:
        self._total[:] = 0.0
        self._clips = self.seconds = 0.0
        if self._start is not None:
            self._add(self._start.mean, self._start.seconds)
        self._update()

    @property
    def strength(self) -> float:
        """How well the voice is known, from 0 (a stranger) to 0.67."""
        return float(self.value[-1])

    @property
    def mean(self) -> np.ndarray:
        """The mean voice, float32 (voice_size,); all 0 where nothing was heard."""
        return (self._total / (self._clips or 1.0)).astype(np.float32)

    def recognize(self, classifier: Classifier, model_input: np.ndarray, start_s: float,
                  end_s: float, speech: SpeechShare) -> np.ndarray:
        """Return the probabilities of a window with speech as of this person, and take it in.

        Args:
            classifier: of a model with this ``voice_size``.
            model_input: see `Classifier.probabilities`.
            start_s: see `hear`.
            end_s: see `hear`.
            speech: see `hear`.

        Raises:
            SerError: see `Classifier.recognize`.
        """
        found = classifier.recognize(model_input, self.value)
        self.hear(start_s, end_s, found.voice, speech, found.calm)
        return found.probabilities

    def hear(self, start_s: float, end_s: float, voice: Optional[np.ndarray] = None,
             speech: SpeechShare = _SILENCE, calm: float = 1.0) -> None:
        """Take in a window, in the order of the stamps; where they go back all begins anew.

        What is not finite does not count.

        Args:
            start_s: audio time of the window's first sample.
            end_s: audio time of its last sample.
            voice: the voice in it, float32 (voice_size,); None where nobody speaks.
            speech: how much of it is speech.
            calm: probability that it is neutral, 0 to 1.
        """
        if not math.isfinite(end_s - start_s):
            return
        new_s = self._advance(start_s, end_s)
        if voice is None or start_s < self._from_s - _TIME_TOLERANCE_S:
            return
        is_new = new_s >= end_s - start_s - _TIME_TOLERANCE_S
        share = speech.window if is_new else speech.newest
        # The comparisons also refuse NaN.
        seconds = new_s * min(share, 1.0) * math.sqrt(min(calm, 1.0)) if calm > 0.0 else 0.0
        if seconds > 0.0 and np.all(np.isfinite(voice)):
            self._add(voice, seconds)
            self._update()

    def _advance(self, start_s: float, end_s: float) -> float:
        """Return how much of the window was in no window before [s]."""
        last_s, self._end_s = self._end_s, end_s
        if last_s is not None and end_s < last_s - _TIME_TOLERANCE_S:
            self.reset()
            self._end_s, last_s = end_s, None
        new_s = min(end_s - start_s, _LONGEST_WINDOW_S)
        return new_s if last_s is None else min(new_s, end_s - last_s)

    def _add(self, voice: np.ndarray, seconds: float) -> None:
        clips = min(seconds / CLIP_S, MOST_CLIPS)
        kept = MOST_CLIPS - clips
        if self._clips > kept:  # from then on a running mean
            self._total *= kept / self._clips
            self._clips = kept
        self._total += clips * voice
        self._clips += clips
        self.seconds += seconds

    def _update(self) -> None:
        # s * total / clips, where s = clips / (clips + 8)
        self.value[:-1] = self._total / (self._clips + HALF_KNOWN_CLIPS)
        self.value[-1] = self._clips / (self._clips + HALF_KNOWN_CLIPS)
