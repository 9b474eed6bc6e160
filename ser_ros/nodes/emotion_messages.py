# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The messages of emotion_inference, of what was computed, and back."""

import array
import math
from typing import TYPE_CHECKING, Optional

import numpy as np

from ser_ros.emotion.tracker import Estimate, State
from ser_ros.errors import SerError
from ser_ros.mitigation import estimates
from ser_ros.nodes.messages import Emotion, ModelInfo, SpeechFeatures
from ser_ros.nodes.stamps import to_s

if TYPE_CHECKING:
    # Not for who only reads messages: it needs the runtimes.
    from ser_ros.inference.classifier import Classifier

# No model has so many, and a message may have any number.
_MAX_LABELS = 1000
_LONGEST_PROBLEM = 200


def to_emotion(features: SpeechFeatures, probabilities: Optional[np.ndarray], estimate: Estimate,
               classifier: 'Classifier') -> Emotion:
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


def to_model_info(classifier: 'Classifier') -> ModelInfo:
    """Return the ModelInfo of what serves, without its stamp and its publisher."""
    info, session = classifier.session.info, classifier.session
    return ModelInfo(
        name=info.name, version=info.version, sha256=info.sha256,
        labels=list(classifier.labels), feature_set=info.feature_set,
        input_shape=list(info.input_shape), backend=session.backend,
        precision=session.precision)


def to_estimate(message: Emotion) -> estimates.Estimate:
    """Return what an Emotion says, as the mitigation takes it; its problem where it is not right.

    Anybody may publish on the topic, so nothing about the message is taken for granted.
    """
    estimate = estimates.Estimate(
        to_s(message.header.stamp), message.state, message.label, message.confidence)
    labels, probabilities = message.labels, message.probabilities
    if len(labels) != len(probabilities) or len(labels) > _MAX_LABELS:
        return estimate._replace(problem=(
            f'there are {len(labels)} labels and {len(probabilities)} probabilities; allowed: the '
            f'same number, up to {_MAX_LABELS}'))
    shares = dict(zip(labels, probabilities))
    if len(shares) < len(labels):
        return estimate._replace(problem='a label is given twice')
    estimate = estimate._replace(probabilities=shares)
    try:
        estimate.check()
    except SerError as error:
        return estimate._replace(problem=str(error)[:_LONGEST_PROBLEM])
    return estimate


def _floats(values: np.ndarray) -> 'array.array[float]':
    return array.array('f', values.tobytes())
