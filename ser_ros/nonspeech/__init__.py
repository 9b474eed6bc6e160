# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sounds that are no speech, made by computation: nobody may hear an emotion in them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.nonspeech import bodies, machines, music, noises, signals
from ser_ros.nonspeech.synthesis import between, low_pass, reverberate, unit

FAMILIES = {'noise': noises, 'music': music, 'signals': signals, 'bodies': bodies,
            'machines': machines}
KINDS = {sound.__name__: sound for family in FAMILIES.values() for sound in family.KINDS}
# A voice without words: that these are told from speech is not to be expected of every clip.
HARD = ('sung_vowels', 'laughter', 'meowing')
MIN_DURATION_S, MAX_DURATION_S = 5.0, 10.0
MIN_LEVEL_DBFS, MAX_LEVEL_DBFS = -60.0, -3.0


@dataclass(frozen=True)
class Sound:
    """One recording of no speech.

    Attributes:
        kind: what it is, such as 'wind'.
        samples: float32 (n,), 16 kHz, full scale is 1.0, in steps of 16 bits.
    """

    kind: str
    samples: np.ndarray


def make(count: int, seed: int = 0, max_duration_s: float = MAX_DURATION_S) -> Iterator[Sound]:
    """Yield different sounds, one kind after the other; the same ones for the same arguments.

    They last 5 to 10 s, at -60 to -3 dBFS (RMS; less where it would be clipped), half of them in a
    room, half with a microphone's noise, a third through a dull microphone.
    """
    names = list(KINDS)
    for index in range(count):
        generator = np.random.default_rng((seed, index))
        name = names[index % len(names)]
        length = round(generator.uniform(MIN_DURATION_S, max_duration_s) * SAMPLE_RATE_HZ)
        yield Sound(name, _record(generator, KINDS[name](generator, length)))


def _record(generator: np.random.Generator, samples: np.ndarray) -> np.ndarray:
    """Return a sound as a microphone somewhere in a room would record it."""
    level = 10 ** (generator.uniform(MIN_LEVEL_DBFS, MAX_LEVEL_DBFS) / 20)
    if generator.integers(2):
        samples = reverberate(generator, samples)
    if np.sqrt(np.mean(np.square(samples))) > 1e-4:  # silence is not made loud
        samples = level * unit(samples)
    if generator.integers(2):
        noise = generator.standard_normal(len(samples))
        samples = samples + max(level * between(generator, 1e-3, 0.3), 1e-5) * noise
    if generator.integers(3) == 0:
        samples = low_pass(samples, between(generator, 2500, 7000))
    peak = np.max(np.abs(samples))
    samples = samples / max(peak, 1.0) * 32767
    return (np.round(samples) / 32768).astype(np.float32)
