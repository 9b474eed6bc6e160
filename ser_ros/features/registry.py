# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The feature sets by name."""

from typing import Dict, Type

from ser_ros.errors import SerError
from ser_ros.features.base import FeatureExtractor
from ser_ros.features.efficientat_mel import EfficientatMel
from ser_ros.features.mel_f0_level import MelF0Level
from ser_ros.features.mel_yin_rms import MelYinRms

FEATURE_SETS: Dict[str, Type[FeatureExtractor]] = {
    MelYinRms.name: MelYinRms,
    EfficientatMel.name: EfficientatMel,
    MelF0Level.name: MelF0Level,
}


def create_extractor(name: str) -> FeatureExtractor:
    """
    Make the extractor of a feature set, as a model file names it.

    :raises SerError: if no feature set has this name; the text lists those there are.
    """
    if name not in FEATURE_SETS:
        raise SerError(
            f"no feature set is called {name!r}; there are: {', '.join(sorted(FEATURE_SETS))}")
    return FEATURE_SETS[name]()
