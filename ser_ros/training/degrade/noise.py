# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Noises made by code, and how they are added at a signal-to-noise ratio."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy import fft

from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.training.degrade import voices
from ser_ros.training.degrade.level import active_power, mean_power

TALKERS = (3, 8)
TINY = 1e-12  # power of silence, whose level cannot be set
MOTOR_HZ = (40.0, 250.0)
MOTOR_HARMONICS = 24
SCALE_HZ = 110 * 2 ** (np.array([0, 2, 3, 5, 7, 8, 10, 12, 14, 15, 17, 19, 24]) / 12)
NOTE_HARMONICS = 6


def add_noise(samples: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """
    Add noise whose mean power is ``snr_db`` below that of the speech without its pauses.

    :param noise: (n,), of any level. To silence or of silence nothing is added.
    """
    power = mean_power(noise)
    if power <= 0:
        return samples.copy()
    gain = np.sqrt(active_power(samples) / power * 10 ** (-snr_db / 10))
    return (samples + gain * noise).astype(np.float32)


def white(size: int, generator: np.random.Generator) -> np.ndarray:
    """Return noise whose power is the same at all frequencies."""
    return generator.standard_normal(size)


def pink(size: int, generator: np.random.Generator) -> np.ndarray:
    """Return noise whose power falls by 3 dB an octave, from 20 Hz on."""
    return _sloping(size, 3.0, 20.0, generator)


def _sloping(size: int, db_per_octave: float, corner_hz: float,
             generator: np.random.Generator) -> np.ndarray:
    frequency_hz = np.maximum(fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ), corner_hz)
    gain = (frequency_hz / corner_hz) ** (-db_per_octave / 20 / np.log10(2))
    return fft.irfft(fft.rfft(generator.standard_normal(size)) * gain, size)


def motor(size: int, generator: np.random.Generator) -> np.ndarray:
    """Return a motor and its fan: harmonics of a speed that drifts, and the rush of air."""
    drift = np.cumsum(generator.standard_normal(size // 1600 + 2)) * 0.01
    places = np.arange(len(drift)) * 1600
    speed_hz = generator.uniform(*MOTOR_HZ) * np.exp2(np.interp(np.arange(size), places, drift))
    phase = 2 * np.pi * np.cumsum(speed_hz) / SAMPLE_RATE_HZ
    steepness = generator.uniform(0.3, 1.5)
    tones = np.zeros(size)
    for harmonic in range(1, MOTOR_HARMONICS + 1):
        level = generator.uniform(0.2, 1.0) * harmonic ** -steepness
        audible = harmonic * speed_hz < SAMPLE_RATE_HZ / 2
        tones += level * audible * np.sin(harmonic * phase + generator.uniform(0, 2 * np.pi))
    air = _sloping(size, generator.uniform(3.0, 9.0), 200.0, generator)
    share = generator.uniform(0.2, 0.8)
    return share * tones / tones.std() + (1 - share) * air / air.std()


def music(size: int, generator: np.random.Generator) -> np.ndarray:
    """Return chords of plucked notes over a bass, a beat every 0.3 to 0.6 s."""
    beat = round(generator.uniform(0.3, 0.6) * SAMPLE_RATE_HZ)
    sound = np.zeros(size)
    for start in range(0, size, beat):
        notes_hz = [SCALE_HZ[0] / 2, *generator.choice(SCALE_HZ, 3, replace=False)]
        for note_hz in notes_hz:
            note = _note(note_hz, min(2 * beat, size - start), generator)
            sound[start:start + len(note)] += note
    return sound


def _note(pitch_hz: float, size: int, generator: np.random.Generator) -> np.ndarray:
    time_s = np.arange(size) / SAMPLE_RATE_HZ
    note = np.zeros(size)
    for harmonic in range(1, NOTE_HARMONICS + 1):
        decay = np.exp(-time_s * harmonic * generator.uniform(1.0, 3.0))
        note += decay * np.sin(2 * np.pi * harmonic * pitch_hz * time_s) / harmonic
    return note * np.minimum(1, time_s / 0.005)


def babble(size: int, generator: np.random.Generator,
           speech: Sequence[np.ndarray] = ()) -> np.ndarray:
    """
    Return several people talking at the same time.

    :param speech: recordings to take the talkers from; talkers made by code without any.
    """
    count = int(generator.integers(TALKERS[0], TALKERS[1] + 1))
    sum_of_all = np.zeros(size)
    for _ in range(count):
        if speech:
            talker = _repeated(speech[int(generator.integers(len(speech)))], size, generator)
        else:
            talker = voices.murmur(size, generator)
        loudness = generator.uniform(0.5, 1.0) / np.sqrt(max(active_power(talker), TINY))
        sum_of_all += loudness * talker
    return sum_of_all


def _repeated(recording: np.ndarray, size: int, generator: np.random.Generator) -> np.ndarray:
    start = int(generator.integers(len(recording)))
    return np.resize(np.roll(recording, -start), size)


NOISES: dict[str, Callable[[int, np.random.Generator], np.ndarray]] = {
    'white': white, 'pink': pink, 'motor': motor, 'music': music, 'babble': babble}
