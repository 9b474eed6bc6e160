# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a model says of each window of a recording, by the steps of the running graph."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ser_ros.corpora.labelled_clips import Clip, read_samples
from ser_ros.emotion.tracker import State
from ser_ros.recognizer import Recognizer


@dataclass(frozen=True)
class WindowScores:
    """What a model says of the windows of one recording, each of them alone.

    Attributes:
        probabilities: (windows, labels), adding up to 1 in each window.
        end_s: where each window ends in the recording.
        speech_probability: share of each window that is speech, [0, 1]; NaN where it was not
            stored.
    """

    probabilities: np.ndarray
    end_s: np.ndarray
    speech_probability: np.ndarray


@dataclass(frozen=True)
class ClipScores(WindowScores):
    """The windows of one recording, each alone and as the graph would answer them.

    Attributes:
        states, labels, confidences: what the graph would say after each window, smoothed over
            time by its tracker. The label is '' unless the state is EMOTION.
        pitch_hz: median pitch of each window's voiced frames; NaN where there is none, or where
            it was not stored.
    """

    states: tuple[State, ...]
    labels: tuple[str, ...]
    confidences: np.ndarray
    pitch_hz: np.ndarray

    @property
    def speech(self) -> np.ndarray:
        """Which windows hold enough speech for the graph to look at them."""
        return np.array([state is not State.NO_SPEECH for state in self.states])

    @property
    def rated(self) -> np.ndarray:
        """Which windows count for the clip: those with speech, as in ``ser_ros classify``.

        All of them where none has any, so that every clip gets a score.
        """
        return self.speech if self.speech.any() else np.ones_like(self.speech)


class Scorer:
    """Scores recordings with one model.

    Attributes:
        recognizer: what listens.
        labels: those of the probabilities.
    """

    def __init__(self, recognizer: Recognizer):
        """Take the recognizer; its user closes it."""
        self.recognizer = recognizer
        self.labels = recognizer.labels

    def clips(self, clips: Iterable[Clip]) -> Iterator[ClipScores]:
        """Yield the scores of each clip.

        Raises:
            SerError: if a clip cannot be read.
        """
        for clip in clips:
            yield self.score(read_samples(clip.path))

    def score(self, samples: np.ndarray) -> ClipScores:
        """Score one recording.

        Args:
            samples: float32 (n,) at 16 kHz.
        """
        windows = list(self.recognizer.recording([samples], every_window=True))
        return ClipScores(
            np.stack([window.raw_probabilities for window in windows]),
            np.array([window.end_s for window in windows]),
            np.array([window.speech_probability for window in windows]),
            tuple(window.state for window in windows),
            tuple(window.label for window in windows),
            np.array([window.confidence for window in windows]),
            np.array([window.pitch_hz for window in windows]))
