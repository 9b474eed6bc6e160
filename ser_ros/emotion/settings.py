# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the tracker weighs calm against speed: its settings, and the values they may have."""

from dataclasses import dataclass
from typing import Any, Mapping

from ser_ros.errors import SerError
from ser_ros.typed_values import check, key, ranges

# As ``min_confidence`` of the graph and of ``ser_ros classify``: the one that the model file names.
MODELS_OWN = -1.0


@dataclass(frozen=True)
class TrackerSettings:
    """How the tracker weighs calm against speed."""

    min_speech: float = key(
        'windows of which a smaller share is speech are NO_SPEECH', 0.1, ge=0.0, le=1.0)
    min_confidence: float = key(
        'no emotion is named under this smoothed probability', 0.4, ge=0.0, le=1.0)
    smoothing_s: float = key(
        'time constant of the moving average; 0 takes every window as it is', 1.0, ge=0.0, le=60.0)
    hysteresis: float = key(
        'lead in smoothed probability by which another emotion takes over', 0.1, ge=0.0, le=1.0)
    min_hold_s: float = key(
        'no other emotion is named for this time after one was', 1.0, ge=0.0, le=60.0)
    reset_after_s: float = key(
        'after a longer silence everything before it is forgotten', 3.0, ge=0.0, le=600.0)

    def __post_init__(self) -> None:
        """Raise SerError for a value out of its range."""
        check(self)


# Lowest and highest value of every setting.
RANGES = ranges(TrackerSettings)


def make_settings(parameters: Mapping[str, Any], models_own: float) -> TrackerSettings:
    """Return the settings that parameters as in config/ser.yaml ask for.

    Args:
        parameters: a value for each of `RANGES`, and perhaps others; a ``min_confidence`` of
            `MODELS_OWN` stands for that of the model.
        models_own: which one that is, [0, 1].

    Raises:
        SerError: for a value out of its range.
    """
    values = {name: parameters[name] for name in RANGES}
    if values['min_confidence'] == MODELS_OWN:
        values['min_confidence'] = models_own
    elif not values['min_confidence'] >= 0.0:
        raise SerError(
            f"min_confidence is {values['min_confidence']}; allowed: a number from 0 to 1, or -1 "
            "for the model's own")
    return TrackerSettings(**values)
