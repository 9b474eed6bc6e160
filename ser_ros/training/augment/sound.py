# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Augmentation of windows of a waveform as sound."""

from collections.abc import Callable

import numpy as np

from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.degrade import chain
from ser_ros.degrade.channel import fit
from ser_ros.features.base import Columns
from ser_ros.training.options import SoundOptions

# From the columns of a clip, the number of columns in a window and a generator to a window.
DrawWindow = Callable[[Columns, int, np.random.Generator], Columns]


class AugmentedSound:
    """Draws a window and changes it: duration, pitch, the way to the microphone, its noise."""

    def __init__(self, draw_window: DrawWindow, options: SoundOptions):
        """Take what chooses the place of the window, and what happens to it."""
        self._draw_window = draw_window
        self._options = options

    def __call__(self, columns: Columns, length: int, generator: np.random.Generator) -> Columns:
        """Return a window of ``length`` samples.

        Args:
            columns: the samples of the whole clip, float32 (n,) at 16 kHz.
            length: samples in the window.
            generator: draws all that is random.
        """
        options = self._options
        samples = self._stretched(columns, length, generator)
        # Phase vocoder and noise estimate have nothing to go by in digital silence.
        if samples.any():
            if generator.random() < options.pitch:
                semitones = generator.uniform(-options.pitch_semitones, options.pitch_semitones)
                samples = _pitch_shifted(samples, semitones)
            if generator.random() < options.degraded:
                samples = chain.degraded(samples, generator)
            if generator.random() < options.noise_reduction:
                samples = _noise_reduced(samples)
        return (fit(samples, length),)

    def _stretched(self, columns: Columns, length: int,
                   generator: np.random.Generator) -> np.ndarray:
        """Return a window of about ``length`` samples, played faster or slower at one pitch."""
        options = self._options
        if generator.random() >= options.stretch:
            return self._draw_window(columns, length, generator)[0]
        rate = generator.uniform(1 - options.stretch_by, 1 + options.stretch_by)
        samples = self._draw_window(columns, round(length * rate), generator)[0]
        if not samples.any():
            return samples
        from librosa import effects
        return effects.time_stretch(samples, rate=rate)


def warm_up(options: SoundOptions) -> None:
    """Have librosa compile and keep its code: processes that do it at once would break it."""
    if options.stretch or options.pitch:
        from librosa import effects
        effects.time_stretch(np.ones(SAMPLE_RATE_HZ, np.float32), rate=1.1)


def _pitch_shifted(samples: np.ndarray, semitones: float) -> np.ndarray:
    from librosa import effects
    return effects.pitch_shift(
        samples, sr=SAMPLE_RATE_HZ, n_steps=semitones, res_type='soxr_hq')


def _noise_reduced(samples: np.ndarray) -> np.ndarray:
    """Return the sound without what is there all the time, by noisereduce's spectral gate."""
    import noisereduce
    return noisereduce.reduce_noise(y=samples, sr=SAMPLE_RATE_HZ, stationary=True)
