# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of the graph with the settings of config/ser.yaml, but for what is given."""

from typing import Any, Optional, Tuple

from ser_ros.defaults import load_defaults
from ser_ros.emotion.settings import RANGES, TrackerSettings, make_settings
from ser_ros.errors import SerError, listed
from ser_ros.features.registry import create_extractor
from ser_ros.inference.classifier import Classifier, open_classifier
from ser_ros.inference.model_metadata import DEFAULT_MIN_CONFIDENCE, ModelInfo
from ser_ros.windows.voice_activity import VoiceActivity
from ser_ros.windows.window_stream import WindowStream


def graph_settings(info: Optional[ModelInfo] = None, **changes: Any) -> TrackerSettings:
    """Return the settings that the graph's tracker has by default, except for the changes.

    Args:
        info: of the model; None stands for one whose file names no ``min_confidence``.
        changes: attributes of `TrackerSettings`, such as ``min_confidence``; None for the default.

    Raises:
        SerError: for an unknown name or a value out of its range.
    """
    unknown = [name for name in changes if name not in RANGES]
    if unknown:
        raise SerError(f'unknown setting {unknown[0]!r}; allowed: {listed(RANGES)}')
    parameters = load_defaults('emotion_inference')
    parameters.update({name: value for name, value in changes.items() if value is not None})
    return make_settings(
        parameters, DEFAULT_MIN_CONFIDENCE if info is None else info.min_confidence)


def open_graph_classifier(**changes: Any) -> Classifier:
    """Load the model as the graph does by default, but for the changes.

    Args:
        changes: ``model``, ``backend``, ``precision``, ``threads`` or ``emotions``; None for the
            default.

    Raises:
        SerError: if anything of it is wrong.
    """
    parameters = load_defaults('emotion_inference')
    chosen = {
        name: parameters[name] if changes.get(name) is None else changes[name]
        for name in ('model', 'backend', 'precision', 'threads', 'emotions')}
    return open_classifier(**chosen)


def open_stream(feature_set: str, period_s: Optional[float] = None,
                input_shape: Optional[Tuple[int, ...]] = None) -> WindowStream:
    """Return a stream of windows, with voice activity, for one recording after the other.

    Args:
        feature_set: the name that a model gives.
        period_s: time from one window to the next; the graph's default where None.
        input_shape: of the model; that of the feature set where None.

    Raises:
        SerError: for an unknown feature set, or a period or shape that is not allowed.
    """
    if period_s is None:
        period_s = load_defaults('feature_extraction')['period']
    return WindowStream(create_extractor(feature_set, input_shape), VoiceActivity(), period_s)
