# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Random chains of degradations, from the speaker to the recording, to train on."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ser_ros import nonspeech
from ser_ros.degrade import channel, noise, room
from ser_ros.degrade.codec import AMR_KBIT_S, transcode
from ser_ros.degrade.kinds import ANY, CHAINS, Chain
from ser_ros.degrade.seeds import generator_for

SPEED_SHARE = 0.5
SPEED = (0.9, 1.1)
COLOUR_SHARE = 0.5
COLOUR_DB = (1.0, 6.0)
CLIPPED = (0.005, 0.2)
# From where a codec is good to where it is hardly noticed.
KBIT_S = {'mp3': (12.0, 48.0), 'opus': (6.0, 24.0), 'aac': (12.0, 40.0)}


def degraded_copy(samples: np.ndarray, path: Path, copy: int, kind: str = ANY,
                  talkers: Sequence[np.ndarray] = ()) -> np.ndarray:
    """Return a degraded copy of a clip: the same one for the same file name, number and kind.

    Args:
        samples: float32 (n,) at 16 kHz.
        copy: number of the copy, from 1.
        kind: one of CHAINS.
        talkers: see `degraded`.

    Returns:
        float32 (m,), m at least n.
    """
    purpose = f'copy {copy}' if kind == ANY else f'{kind} copy {copy}'
    return degraded(samples, generator_for(path, purpose), CHAINS[kind], talkers)


def degraded(samples: np.ndarray, generator: np.random.Generator, chain: Chain = CHAINS[ANY],
             talkers: Sequence[np.ndarray] = ()) -> np.ndarray:
    """Return the sound with degradations that the generator draws.

    Args:
        samples: float32 (n,) at 16 kHz.
        generator: decides everything.
        chain: chances and ranges.
        talkers: recordings of others, of which all noise is made; without any it is of any kind.

    Returns:
        float32 (m,), m at least n.
    """
    samples = _speaker(samples, generator)
    samples = _surroundings(samples, generator, chain, talkers)
    samples = _transport(_microphone(samples, generator, chain), generator, chain)
    return channel.to_16_bit(samples)


def _speaker(samples: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    if generator.random() >= SPEED_SHARE:
        return samples
    changed = channel.change_speed(samples, generator.uniform(*SPEED))
    return channel.fit(changed, max(len(samples), len(changed)))


def _surroundings(samples: np.ndarray, generator: np.random.Generator, chain: Chain,
                  talkers: Sequence[np.ndarray]) -> np.ndarray:
    if generator.random() < chain.room_share:
        samples = room.reverberate(samples, room.impulse_response(
            generator.uniform(*chain.rt60_s), generator.uniform(*chain.direct_to_reverberant_db),
            generator))
    if generator.random() < chain.noise_share:
        made = (noise.babble(generator, len(samples), talkers) if talkers
                else noise.any_noise(generator, len(samples)))
        samples = noise.add_noise(samples, made, generator.uniform(*chain.snr_db))
    return samples


def _microphone(samples: np.ndarray, generator: np.random.Generator,
                chain: Chain) -> np.ndarray:
    if generator.random() < COLOUR_SHARE:
        samples = channel.colour(samples, generator.uniform(*COLOUR_DB), generator)
    if generator.random() < chain.clip_share:
        return channel.clip(samples, generator.uniform(*CLIPPED))
    return channel.amplify(samples, generator.uniform(*chain.gain_db))


def _transport(samples: np.ndarray, generator: np.random.Generator, chain: Chain) -> np.ndarray:
    draw = generator.random()
    if draw < chain.telephone_share:
        return channel.telephone(samples, str(generator.choice(channel.LAWS)))
    if draw >= chain.telephone_share + chain.codec_share:
        return samples
    name = str(generator.choice([*KBIT_S, 'amr']))
    kbit_s = generator.choice(AMR_KBIT_S) if name == 'amr' else generator.uniform(*KBIT_S[name])
    return transcode(samples, name, float(kbit_s))


def fingerprint() -> str:
    """Return what changes whenever the code of the degradations does, for caches."""
    sources = sorted(Path(__file__).parent.glob('*.py'))
    sources += sorted(Path(nonspeech.__file__).parent.glob('*.py'))
    return hashlib.sha256(b'\n'.join(path.read_bytes() for path in sources)).hexdigest()[:16]
