# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of emotion_inference that make a steady state of the answers of the model."""

from ser_ros.emotion.settings import MODELS_OWN, RANGES
from ser_ros.nodes.parameters import ALWAYS, spec

PARAMETERS = (
    spec('min_speech', 'Minimum share of speech in a window. With less the state is '
         'NO_SPEECH.', range=RANGES['min_speech'], changes=ALWAYS),
    spec('min_confidence', 'Minimum smoothed probability to name an emotion. With less the '
         "state is UNCERTAIN. -1: the model's own value, which reaches a stated accuracy when "
         'all emotions are allowed.',
         range=(MODELS_OWN, RANGES['min_confidence'][1]), changes=ALWAYS),
    spec('smoothing_s', 'Time constant of the moving average of the probabilities [s]. 0: no '
         'smoothing.', range=RANGES['smoothing_s'], changes=ALWAYS),
    spec('hysteresis', 'Lead in probability that another emotion needs to replace the current '
         'one.', range=RANGES['hysteresis'], changes=ALWAYS),
    spec('min_hold_s', 'Minimum time an emotion is held before another can replace it [s].',
         range=RANGES['min_hold_s'], changes=ALWAYS),
    spec('reset_after_s', 'Silence after which the tracker is reset [s].',
         range=RANGES['reset_after_s'], changes=ALWAYS),
)
