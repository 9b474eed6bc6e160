# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The feature sets by name."""

from typing import Any, Optional, Tuple, Type

from ser_ros.errors import SerError
from ser_ros.extensions import Registry
from ser_ros.features.base import FeatureExtractor


def _check(name: str, loaded: Any) -> Type[FeatureExtractor]:
    if not (isinstance(loaded, type) and issubclass(loaded, FeatureExtractor)
            and getattr(loaded, 'name', None) == name):
        raise SerError(f'the feature set {name!r} must be a subclass of FeatureExtractor with '
                       f'this name, got {loaded!r}')
    return loaded


FEATURE_SETS: Registry[Type[FeatureExtractor]] = Registry(
    'feature set', 'ser_ros.feature_sets', {
        'mel_yin_rms/1': 'ser_ros.features.mel_yin_rms:MelYinRms',
        'efficientat_mel/1': 'ser_ros.features.efficientat_mel:EfficientatMel',
        'mel_f0_level/1': 'ser_ros.features.mel_f0_level:MelF0Level',
        'whisper_mel/1': 'ser_ros.features.whisper_mel:WhisperMel',
        'waveform/1': 'ser_ros.features.waveform:Waveform',
    }, _check)


def create_extractor(
        name: str, input_shape: Optional[Tuple[int, ...]] = None) -> FeatureExtractor:
    """Make the extractor of a feature set, as a model file names it.

    Args:
        name: such as ``'mel_yin_rms/1'``.
        input_shape: shape of the model's input; None for that of the feature set.

    Raises:
        SerError: if there is no feature set of this name, or it does not make inputs of this
            shape.
    """
    return FEATURE_SETS[name].make(input_shape)


def shape_of_window(name: str, window_s: float) -> Optional[Tuple[int, ...]]:
    """Return the shape of a feature set's input for windows of a length.

    Args:
        name: of the feature set.
        window_s: length of a window [s]; 0 for that of the feature set.

    Returns:
        What `create_extractor` takes; None where the length is that of the feature set.

    Raises:
        SerError: if there is no feature set of this name, or it does not make this length.
    """
    return FEATURE_SETS[name].shape_of_window(window_s) if window_s else None
