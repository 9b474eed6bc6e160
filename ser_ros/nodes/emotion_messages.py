# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The messages of emotion_inference, of what was computed."""

import array
import math
from typing import Optional

import numpy as np

from ser_ros.emotion.tracker import Estimate, State
from ser_ros.inference.classifier import Classifier
from ser_ros.nodes.messages import Emotion, ModelInfo, SpeechFeatures


def to_emotion(features: SpeechFeatures, probabilities: Optional[np.ndarray], estimate: Estimate,
               classifier: Classifier) -> Emotion:
    """Return the Emotion of one window, without its latency.

    Args:
        features: the window's SpeechFeatures.
        probabilities: of this window alone; they don't matter where it is NO_SPEECH.
        estimate: what the tracker made of it.
        classifier: by which the probabilities are.
    """
    info, session = classifier.session.info, classifier.session
    if probabilities is None or estimate.state == State.NO_SPEECH:
        probabilities = estimate.probabilities
    return Emotion(
        header=features.header, window_start=features.window_start,
        sequence=features.sequence, state=int(estimate.state), label=estimate.label,
        confidence=estimate.confidence, labels=list(classifier.labels),
        probabilities=_floats(estimate.probabilities),
        raw_probabilities=_floats(probabilities),
        valence=math.nan, arousal=math.nan, speech_probability=features.speech_probability,
        model_name=info.name, model_version=info.version,
        backend=session.backend, precision=session.precision)


def to_model_info(classifier: Classifier) -> ModelInfo:
    """Return the ModelInfo of what serves, without its stamp and its publisher."""
    info, session = classifier.session.info, classifier.session
    return ModelInfo(
        name=info.name, version=info.version, sha256=info.sha256,
        labels=list(classifier.labels), feature_set=info.feature_set,
        input_shape=list(info.input_shape), backend=session.backend,
        precision=session.precision)


def _floats(values: np.ndarray) -> 'array.array[float]':
    return array.array('f', values.tobytes())
