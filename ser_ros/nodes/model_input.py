# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The input of a model, out of SpeechFeatures."""

import numpy as np

from ser_ros.errors import SerError
from ser_ros.features.registry import create_extractor
from ser_ros.inference.model_metadata import ModelInfo
from ser_ros.nodes.messages import SpeechFeatures
from ser_ros.windows.lost_sound import UNANSWERED_SHARE

# Of what others send; no feature set has so many dimensions or so long a name.
_MAX_DIMENSIONS = 9
_LONGEST_NAME = 80


def check_model(info: ModelInfo) -> None:
    """Check that the model takes what its feature set gives.

    Raises:
        SerError: if there is no such feature set, or it does not make the shape.
    """
    try:
        create_extractor(info.feature_set, info.input_shape)
    except SerError as error:
        raise SerError(f'the model {info.name} cannot be used: {error}') from error


def features_problem(message: SpeechFeatures, info: ModelInfo) -> str:
    """Return why a window of features is not what the model takes; '' if it is."""
    shape = tuple(message.shape[:_MAX_DIMENSIONS])
    if message.feature_set != info.feature_set or shape != info.input_shape:
        return (
            f'received features {message.feature_set[:_LONGEST_NAME]!r} of the shape '
            f'{list(shape)}, but the model {info.name} takes {info.feature_set!r} of the shape '
            f'{list(info.input_shape)}; '
            'feature_set of feature_extraction has to be auto, and only one node may publish '
            'model_info and features')
    if len(message.data) != np.prod(shape):
        return (
            f'received features with {len(message.data)} values, but the shape {list(shape)} has '
            f'{np.prod(shape)}')
    return ''


def unusable(message: SpeechFeatures) -> bool:
    """Return whether a window says nothing about a person; also where its share is not a number.

    That is so while the robot itself speaks, and where much of the sound is lost.
    """
    return message.muted or not message.missing_share < UNANSWERED_SHARE


def to_array(message: SpeechFeatures) -> np.ndarray:
    """Return the features of a window as float32 in their shape, without a copy."""
    return np.frombuffer(message.data, np.float32).reshape(message.shape)
