# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the tracker weighs calm against speed: its settings, and the values they may have."""

from dataclasses import dataclass, fields
from typing import Any, Mapping

from ser_ros.errors import SerError

# Lowest and highest value of every setting.
RANGES = {
    'min_speech': (0.0, 1.0),
    'min_confidence': (0.0, 1.0),
    'smoothing_s': (0.0, 60.0),
    'hysteresis': (0.0, 1.0),
    'min_hold_s': (0.0, 60.0),
    'reset_after_s': (0.0, 600.0),
}

# As ``min_confidence`` of the graph and of ``ser_ros classify``: the one that the model file names.
MODELS_OWN = -1.0


@dataclass(frozen=True)
class TrackerSettings:
    """
    How the tracker weighs calm against speed.

    Attributes:
        min_speech: windows of which a smaller share is speech are NO_SPEECH, [0, 1].
        min_confidence: no emotion is named under this smoothed probability, [0, 1].
        smoothing_s: time constant of the moving average; 0 takes every window as it is.
        hysteresis: lead in smoothed probability by which another emotion takes over, [0, 1].
        min_hold_s: no other emotion is named for this time after one was.
        reset_after_s: after a longer silence everything before it is forgotten.
    """

    min_speech: float = 0.25
    min_confidence: float = 0.4
    smoothing_s: float = 1.0
    hysteresis: float = 0.1
    min_hold_s: float = 1.0
    reset_after_s: float = 3.0

    def __post_init__(self) -> None:
        """Raise SerError for a value out of its range."""
        for field in fields(self):
            value = getattr(self, field.name)
            low, high = RANGES[field.name]
            # Written so that NaN fails too.
            if not low <= value <= high:
                raise SerError(f'{field.name} is {value}; allowed: {low:g} to {high:g}')


def make_settings(parameters: Mapping[str, Any], models_own: float) -> TrackerSettings:
    """
    Return the settings that parameters as in config/ser.yaml ask for.

    :param parameters: a value for each of `RANGES`, and perhaps others; a ``min_confidence`` of
        `MODELS_OWN` stands for that of the model.
    :param models_own: which one that is, [0, 1].
    :raises SerError: for a value out of its range.
    """
    values = {name: parameters[name] for name in RANGES}
    if values['min_confidence'] == MODELS_OWN:
        values['min_confidence'] = models_own
    elif not values['min_confidence'] >= 0.0:
        raise SerError(
            f"min_confidence is {values['min_confidence']}; allowed: 0 to 1, or -1 for the "
            "model's own")
    return TrackerSettings(**values)
