# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How training windows are drawn from a clip, by feature set."""

from ser_ros.extensions import Registry
from ser_ros.training.augment import plain
from ser_ros.training.augment.sound import AugmentedSound, DrawWindow
from ser_ros.training.options import UNCHANGED, SoundOptions

# By the name of the feature set.
AUGMENTATIONS: Registry[DrawWindow] = Registry('augmentation of', 'ser_ros.augmentations', {
    'mel_yin_rms/1': 'ser_ros.training.augment.mel_yin_rms:draw_window',
    'efficientat_mel/1': 'ser_ros.training.augment.efficientat_mel:draw_window',
    'mel_f0_level/1': 'ser_ros.training.augment.mel_f0_level:draw_window',
    'whisper_mel/1': 'ser_ros.training.augment.whisper_mel:draw_window',
    'waveform/1': 'ser_ros.training.augment.waveform:draw_window',
})


def draw_window_of(feature_set: str, sound: SoundOptions = UNCHANGED) -> DrawWindow:
    """Return what draws a window of a feature set: as it is, where there is no augmentation for it.

    Args:
        feature_set: its name.
        sound: how the windows of a set of samples are changed as sound.

    Raises:
        SerError: if the augmentation that another package brings cannot be loaded.
    """
    draw = AUGMENTATIONS[feature_set] if feature_set in AUGMENTATIONS else plain.draw_window
    return draw if sound == UNCHANGED else AugmentedSound(draw, sound)
