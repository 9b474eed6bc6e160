# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Noises behind the speech, and how they are added at a signal-to-noise ratio."""

from collections.abc import Callable, Sequence

import numpy as np

from ser_ros import nonspeech
from ser_ros.degrade import voices
from ser_ros.degrade.level import active_power, mean_power
from ser_ros.nonspeech import machines, music
from ser_ros.nonspeech.synthesis import coloured

TALKERS = (3, 8)
TINY = 1e-12  # power of silence, whose level cannot be set

Noise = Callable[[np.random.Generator, int], np.ndarray]


def add_noise(samples: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """Add noise whose mean power is ``snr_db`` below that of the speech without its pauses.

    Args:
        noise: (n,), of any level. To silence or of silence nothing is added.
    """
    gain = np.sqrt(active_power(samples) / max(mean_power(noise), TINY) * 10 ** (-snr_db / 10))
    return (samples + gain * noise).astype(np.float32)


def white(generator: np.random.Generator, count: int) -> np.ndarray:
    """Return noise whose power is the same at all frequencies."""
    return coloured(generator, count, 0)


def pink(generator: np.random.Generator, count: int) -> np.ndarray:
    """Return noise whose power falls by 3 dB an octave."""
    return coloured(generator, count, 1)


def babble(generator: np.random.Generator, count: int,
           speech: Sequence[np.ndarray] = ()) -> np.ndarray:
    """Return several people talking at the same time.

    Args:
        speech: recordings to take the talkers from; talkers made by code without any.
    """
    together = np.zeros(count)
    for _ in range(int(generator.integers(TALKERS[0], TALKERS[1] + 1))):
        talker = (_repeated(speech[int(generator.integers(len(speech)))], generator, count)
                  if speech else voices.murmur(generator, count))
        loudness = generator.uniform(0.5, 1.0)
        together += loudness / np.sqrt(max(active_power(talker), TINY)) * talker
    return together


def _repeated(recording: np.ndarray, generator: np.random.Generator, count: int) -> np.ndarray:
    return np.resize(np.roll(recording, -int(generator.integers(len(recording)))), count)


# Noises of one kind each, to measure with.
NOISES: dict[str, Noise] = {
    'white': white, 'pink': pink, 'fan': machines.fan, 'motor': machines.motor,
    'music': music.band_music, 'babble': babble}


def any_noise(generator: np.random.Generator, count: int) -> np.ndarray:
    """Return any noise, machine, music or babble, to train with; each of the four as often."""
    family = str(generator.choice(['noise', 'machines', 'music', 'babble']))
    if family == 'babble':
        return babble(generator, count)
    sounds = [sound for sound in nonspeech.FAMILIES[family].KINDS
              if sound.__name__ not in ('silence', *nonspeech.HARD)]
    return sounds[generator.integers(len(sounds))](generator, count)
