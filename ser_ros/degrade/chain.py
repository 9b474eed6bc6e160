# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A random chain of degradations, from the speaker to the recording, to train on."""

import hashlib
from pathlib import Path

import numpy as np

from ser_ros import nonspeech
from ser_ros.degrade import channel, noise, room
from ser_ros.degrade.codec import AMR_KBIT_S, transcode
from ser_ros.degrade.seeds import generator_for

SPEED_SHARE = 0.5
SPEED = (0.9, 1.1)
ROOM_SHARE = 0.5
RT60_S = (0.15, 1.0)
DIRECT_TO_REVERBERANT_DB = (-5.0, 12.0)
NOISE_SHARE = 0.7
SNR_DB = (0.0, 30.0)
COLOUR_SHARE = 0.5
COLOUR_DB = (1.0, 6.0)
CLIP_SHARE = 0.15
CLIPPED = (0.005, 0.2)
GAIN_DB = (-25.0, 10.0)
TELEPHONE_SHARE = 0.1
CODEC_SHARE = 0.25
# From where a codec is good to where it is hardly noticed.
KBIT_S = {'mp3': (12.0, 48.0), 'opus': (6.0, 24.0), 'aac': (12.0, 40.0)}


def degraded_copy(samples: np.ndarray, path: Path, copy: int) -> np.ndarray:
    """Return a degraded copy of a clip: the same one for the same file name and number.

    Args:
        samples: float32 (n,) at 16 kHz.
        copy: number of the copy, from 1.

    Returns:
        float32 (m,), m at least n.
    """
    return degraded(samples, generator_for(path, f'copy {copy}'))


def degraded(samples: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return the sound with degradations that the generator draws.

    Args:
        samples: float32 (n,) at 16 kHz.
        generator: decides everything.

    Returns:
        float32 (m,), m at least n.
    """
    for change in (_speaker, _surroundings, _microphone, _transport):
        samples = change(samples, generator)
    return channel.to_16_bit(samples)


def _speaker(samples: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    if generator.random() >= SPEED_SHARE:
        return samples
    changed = channel.change_speed(samples, generator.uniform(*SPEED))
    return channel.fit(changed, max(len(samples), len(changed)))


def _surroundings(samples: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    if generator.random() < ROOM_SHARE:
        samples = room.reverberate(samples, room.impulse_response(
            generator.uniform(*RT60_S), generator.uniform(*DIRECT_TO_REVERBERANT_DB), generator))
    if generator.random() < NOISE_SHARE:
        samples = noise.add_noise(samples, noise.any_noise(generator, len(samples)),
                                  generator.uniform(*SNR_DB))
    return samples


def _microphone(samples: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    if generator.random() < COLOUR_SHARE:
        samples = channel.colour(samples, generator.uniform(*COLOUR_DB), generator)
    if generator.random() < CLIP_SHARE:
        return channel.clip(samples, generator.uniform(*CLIPPED))
    return channel.amplify(samples, generator.uniform(*GAIN_DB))


def _transport(samples: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    draw = generator.random()
    if draw < TELEPHONE_SHARE:
        return channel.telephone(samples, str(generator.choice(channel.LAWS)))
    if draw >= TELEPHONE_SHARE + CODEC_SHARE:
        return samples
    name = str(generator.choice([*KBIT_S, 'amr']))
    kbit_s = generator.choice(AMR_KBIT_S) if name == 'amr' else generator.uniform(*KBIT_S[name])
    return transcode(samples, name, float(kbit_s))


def fingerprint() -> str:
    """Return what changes whenever the code of the degradations does, for caches."""
    sources = sorted(Path(__file__).parent.glob('*.py'))
    sources += sorted(Path(nonspeech.__file__).parent.glob('*.py'))
    return hashlib.sha256(b'\n'.join(path.read_bytes() for path in sources)).hexdigest()[:16]
