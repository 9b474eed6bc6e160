# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The conditions under which a model's robustness is measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ser_ros.degrade import channel, codec, noise, room

Speech = Sequence[np.ndarray]
Degrade = Callable[[np.ndarray, np.random.Generator, Speech], np.ndarray]

# What is varied in each family of conditions, and in which unit.
FAMILIES = {
    'noise': 'SNR [dB]',
    'reverberation': 'RT60 [s]',
    'gain': 'gain [dB]',
    'clipping': 'clipped samples [%]',
    'codec': 'bit rate [kbit/s]',
    'colour': 'spread of the gain [dB]',
}
SNR_DB = (20.0, 10.0, 5.0, 0.0)
RT60_S = (0.3, 0.6, 1.0)
DIRECT_TO_REVERBERANT_DB = 0.0  # a speaker one or two metres away
GAIN_DB = (-30.0, -20.0, -10.0, 10.0, 20.0)
CLIPPED_PERCENT = (5.0, 10.0, 20.0, 30.0)
TELEPHONE_KBIT_S = 64.0
KBIT_S = {'mp3': (16.0, 32.0, 64.0), 'opus': (8.0, 16.0, 32.0), 'aac': (16.0, 32.0),
          'amr': (4.75, 7.4, 12.2)}
COLOUR_DB = (3.0, 6.0, 12.0)


@dataclass(frozen=True)
class Condition:
    """One way to degrade speech, at one strength.

    Attributes:
        family: one of FAMILIES.
        name: of the kind within the family, such as 'babble'.
        strength: in the unit of the family.
        degrade: takes samples (n,), a generator and others' speech, of which babble is made, and
            returns (n,).
    """

    family: str
    name: str
    strength: float
    degrade: Degrade

    @property
    def title(self) -> str:
        """Kind and strength, which identify the condition."""
        return self.name if self is CLEAN else f'{self.name} {self.strength:g}'


CLEAN = Condition('clean', 'clean', float('nan'), lambda samples, *_: samples)


def all_conditions() -> list[Condition]:
    """Return every condition of the robustness report, family by family."""
    conditions = [Condition('noise', name, snr_db, _noise(name, snr_db))
                  for name in noise.NOISES for snr_db in SNR_DB]
    conditions += [Condition('reverberation', 'room', rt60_s, _room(rt60_s)) for rt60_s in RT60_S]
    conditions += [Condition('gain', 'gain', gain_db, _gain(gain_db)) for gain_db in GAIN_DB]
    conditions += [Condition('clipping', 'clipping', percent, _clipping(percent))
                   for percent in CLIPPED_PERCENT]
    conditions += [Condition('codec', f'telephone {law}-law', TELEPHONE_KBIT_S, _telephone(law))
                   for law in channel.LAWS]
    conditions += [Condition('codec', name, kbit_s, _codec(name, kbit_s))
                   for name, rates in KBIT_S.items() for kbit_s in rates]
    conditions += [Condition('colour', 'colour', spread_db, _colour(spread_db))
                   for spread_db in COLOUR_DB]
    return conditions


def _noise(name: str, snr_db: float) -> Degrade:
    def degrade(samples: np.ndarray, generator: np.random.Generator,
                speech: Speech) -> np.ndarray:
        made = (noise.babble(generator, len(samples), speech) if name == 'babble'
                else noise.NOISES[name](generator, len(samples)))
        return noise.add_noise(samples, made, snr_db)
    return degrade


def _room(rt60_s: float) -> Degrade:
    return lambda samples, generator, _: room.reverberate(
        samples, room.impulse_response(rt60_s, DIRECT_TO_REVERBERANT_DB, generator))


def _gain(gain_db: float) -> Degrade:
    return lambda samples, *_: channel.amplify(samples, gain_db)


def _clipping(percent: float) -> Degrade:
    return lambda samples, *_: channel.clip(samples, percent / 100)


def _telephone(law: str) -> Degrade:
    return lambda samples, *_: channel.telephone(samples, law)


def _codec(name: str, kbit_s: float) -> Degrade:
    return lambda samples, *_: codec.transcode(samples, name, kbit_s)


def _colour(spread_db: float) -> Degrade:
    return lambda samples, generator, _: channel.colour(samples, spread_db, generator)
