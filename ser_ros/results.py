# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was heard in a window and in a file."""

from dataclasses import dataclass
from typing import Iterable, Sequence

import numpy as np

from ser_ros.emotion.tracker import State


@dataclass(frozen=True)
class WindowResult:
    """
    What was heard in one window of sound.

    Attributes:
        index: number of the window, from 0.
        start_s, end_s: its place in the recording.
        state: NO_SPEECH, UNCERTAIN or EMOTION.
        label: the emotion; empty unless ``state`` is EMOTION.
        confidence: smoothed probability of the emotion, [0, 1]; 0 in NO_SPEECH.
        probabilities: smoothed over time, float32 (n,), in the order of the recognizer's labels,
            adding up to 1; all 0 in NO_SPEECH.
        raw_probabilities: the same of this window alone.
        speech_probability: share of the window that is speech, [0, 1].
        level_dbfs: level of the newest part of the window, -120..0.
        pitch_hz: median pitch of the voiced frames; NaN where there is none.
    """

    index: int
    start_s: float
    end_s: float
    state: State
    label: str
    confidence: float
    probabilities: np.ndarray
    raw_probabilities: np.ndarray
    speech_probability: float
    level_dbfs: float
    pitch_hz: float


@dataclass(frozen=True)
class ClipEstimate:
    """
    What was heard in a whole file.

    Attributes:
        state: EMOTION, or NO_SPEECH where no window holds enough speech.
        label: the most probable emotion; empty in NO_SPEECH.
        confidence: its probability, [0, 1]; 0 in NO_SPEECH.
        probabilities: mean of the raw probabilities over the windows with speech, float32 (n,);
            all 0 in NO_SPEECH.
        speech_windows: number of windows with speech.
    """

    state: State
    label: str
    confidence: float
    probabilities: np.ndarray
    speech_windows: int


def clip_estimate(labels: Sequence[str], windows: Iterable[WindowResult]) -> ClipEstimate:
    """Sum up the windows of one file; every window with speech counts the same."""
    raw = [window.raw_probabilities for window in windows if window.state != State.NO_SPEECH]
    if not raw:
        return ClipEstimate(State.NO_SPEECH, '', 0.0, np.zeros(len(labels), np.float32), 0)
    mean = np.asarray(np.mean(raw, axis=0, dtype=np.float64), np.float32)
    leader = int(np.argmax(mean))
    return ClipEstimate(State.EMOTION, labels[leader], float(mean[leader]), mean, len(raw))
