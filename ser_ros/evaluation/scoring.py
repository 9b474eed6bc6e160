# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a model says of each window of a recording, by the steps of the running graph."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.corpora.labelled_clips import Clip, read_samples
from ser_ros.emotion.settings import TrackerSettings
from ser_ros.emotion.tracker import EmotionTracker, State
from ser_ros.inference.classifier import Classifier
from ser_ros.offline import graph_settings, open_stream
from ser_ros.windows.window_stream import WindowStream


@dataclass(frozen=True)
class ClipScores:
    """
    What is said of the windows of one recording.

    Attributes
    ----------
    probabilities: of each window alone, (windows, labels).
    end_s: where each ends in the recording.
    speech: whether it holds enough speech for the graph to look at it.
    states, labels, confidences: what the graph would say after it, smoothed over time by its
        tracker; the label is '' unless the state is EMOTION.

    """

    probabilities: np.ndarray
    end_s: np.ndarray
    speech: np.ndarray
    states: tuple[State, ...]
    labels: tuple[str, ...]
    confidences: np.ndarray

    @property
    def rated(self) -> np.ndarray:
        """
        Which windows count for the clip: those with speech, as in ``ser_ros classify``.

        All of them where none has any, so that every clip gets a score.
        """
        return self.speech if self.speech.any() else np.ones_like(self.speech)


class Scorer:
    """
    Scores recordings with one model, in the feature set that its file names.

    :param settings: of the tracker; those of config/ser.yaml where None.
    """

    def __init__(self, classifier: Classifier, settings: Optional[TrackerSettings] = None,
                 stream: Optional[WindowStream] = None):
        """Make the stream of windows that the graph would, unless one is given."""
        self.classifier = classifier
        self._settings = settings or graph_settings(classifier.session.info)
        self._stream = stream or open_stream(classifier.session.info.feature_set)

    def clips(self, clips: Iterable[Clip]) -> Iterator[ClipScores]:
        """
        Yield the scores of each clip.

        :raises SerError: if a clip cannot be read.
        """
        for clip in clips:
            yield self.score(read_samples(clip.path))

    def score(self, samples: np.ndarray) -> ClipScores:
        """
        Score one recording.

        :param samples: float32 (n,) at 16 kHz, at least one window long.
        """
        self._stream.reset()
        tracker = EmotionTracker(self.classifier.labels, self._settings)
        probabilities, speech, ends_s, estimates = [], [], [], []
        for window in self._stream.push(samples):
            # In single precision, as it goes through the graph's messages.
            heard = float(np.float32(window.speech_probability))
            probabilities.append(self.classifier.probabilities(window.input))
            speech.append(tracker.hears_speech(heard))
            ends_s.append(window.end_sample / SAMPLE_RATE_HZ)
            estimates.append(tracker.update(ends_s[-1], probabilities[-1], heard))
        return ClipScores(
            np.stack(probabilities), np.array(ends_s), np.array(speech),
            tuple(estimate.state for estimate in estimates),
            tuple(estimate.label for estimate in estimates),
            np.array([estimate.confidence for estimate in estimates]))
