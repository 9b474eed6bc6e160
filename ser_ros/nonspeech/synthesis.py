# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The building blocks of sounds: coloured noise, filters, envelopes, oscillators, events."""

from collections.abc import Callable, Sequence
from typing import Union

import numpy as np
from scipy import signal

from ser_ros.audio.format import SAMPLE_RATE_HZ

NYQUIST_HZ = SAMPLE_RATE_HZ / 2
Numbers = Union[Sequence[float], np.ndarray]


def between(generator: np.random.Generator, low: float, high: float) -> float:
    """Return a number from low to high, evenly distributed on a logarithmic scale."""
    return float(np.exp(generator.uniform(np.log(low), np.log(high))))


def time_s(count: int) -> np.ndarray:
    """Return the times of samples [s], from 0."""
    return np.arange(count) / SAMPLE_RATE_HZ


def coloured(generator: np.random.Generator, count: int, exponent: float) -> np.ndarray:
    """Return noise whose power falls with frequency as 1 / f^exponent, RMS 1.

    0 is white, 1 pink, 2 brown, -1 blue, -2 violet. Below 20 Hz it is flat.
    """
    spectrum = np.fft.rfft(generator.standard_normal(count))
    frequencies_hz = np.maximum(np.fft.rfftfreq(count, 1 / SAMPLE_RATE_HZ), 20.0)
    return unit(np.fft.irfft(spectrum * frequencies_hz ** (-exponent / 2), count))


def unit(samples: np.ndarray) -> np.ndarray:
    """Return the samples with RMS 1; silence stays silence."""
    rms = np.sqrt(np.mean(np.square(samples)))
    return samples / rms if rms > 0 else samples


def band(samples: np.ndarray, low_hz: float, high_hz: float, order: int = 2) -> np.ndarray:
    """Return the samples between two frequencies (Butterworth)."""
    edges_hz = (max(low_hz, 10.0), min(high_hz, 0.98 * NYQUIST_HZ))
    return signal.sosfilt(
        signal.butter(order, edges_hz, 'bandpass', fs=SAMPLE_RATE_HZ, output='sos'), samples)


def low_pass(samples: np.ndarray, high_hz: float, order: int = 2) -> np.ndarray:
    """Return the samples below a frequency (Butterworth)."""
    return signal.sosfilt(signal.butter(
        order, min(high_hz, 0.98 * NYQUIST_HZ), fs=SAMPLE_RATE_HZ, output='sos'), samples)


def resonate(samples: np.ndarray, centres_hz: Numbers,
             widths_hz: Numbers) -> np.ndarray:
    """Return the sum of what resonators of second order make of the samples."""
    result = np.zeros(len(samples))
    for centre_hz, width_hz in zip(centres_hz, widths_hz, strict=True):
        if centre_hz < NYQUIST_HZ:
            radius = np.exp(-np.pi * width_hz / SAMPLE_RATE_HZ)
            angle = 2 * np.pi * centre_hz / SAMPLE_RATE_HZ
            result += signal.lfilter(
                [1 - radius], [1, -2 * radius * np.cos(angle), radius ** 2], samples)
    return result


def wander(generator: np.random.Generator, count: int, rate_hz: float) -> np.ndarray:
    """Return a random curve, about -1 to 1, that turns some ``rate_hz`` times a second."""
    points = int(count / SAMPLE_RATE_HZ * rate_hz) + 3
    places = np.linspace(0, points - 1.001, count)
    first = places.astype(int)
    share = (1 - np.cos(np.pi * (places - first))) / 2
    values = generator.uniform(-1, 1, points + 1)
    return values[first] * (1 - share) + values[first + 1] * share


def oscillate(pitch_hz: np.ndarray, partials: Numbers,
              phases: Numbers = ()) -> np.ndarray:
    """Return a tone whose pitch changes.

    Args:
        pitch_hz: at each sample.
        partials: amplitude of the fundamental and of its multiples; those over 8 kHz are left out.
    """
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
    result = np.zeros(len(pitch_hz))
    for index, amplitude in enumerate(partials):
        offset = phases[index] if len(phases) else 0.0
        tone = amplitude * np.sin((index + 1) * phase + offset)
        result += np.where((index + 1) * pitch_hz < NYQUIST_HZ, tone, 0.0)
    return result


def partials(generator: np.random.Generator, count: int, slope: float) -> np.ndarray:
    """Return amplitudes of partials that fall as 1 / n^slope, each with a random share."""
    return generator.uniform(0.2, 1.0, count) / np.arange(1, count + 1) ** slope


def swell(count: int, attack_s: float, release_s: float) -> np.ndarray:
    """Return an envelope that rises, holds at 1 and falls to 0 at its end."""
    times_s = time_s(count)
    rise = np.clip(times_s / max(attack_s, 1e-4), 0, 1)
    fall = np.clip((count / SAMPLE_RATE_HZ - times_s) / max(release_s, 1e-4), 0, 1)
    return rise * fall


def fade(count: int, constant_s: float) -> np.ndarray:
    """Return an envelope that starts at 1 and decays exponentially."""
    return np.exp(-time_s(count) / constant_s)


def samples_of(duration_s: float) -> int:
    """Return a duration as a number of samples, at least 16."""
    return max(16, round(duration_s * SAMPLE_RATE_HZ))


def events(generator: np.random.Generator, count: int, make: Callable[[], np.ndarray],
           interval_s: float, jitter: float = 0.0) -> np.ndarray:
    """Return sounds one after the other; they may overlap.

    Args:
        make: makes the next one.
        interval_s: from the start of one to that of the next.
        jitter: share by which an interval may be longer or shorter, 0 to 1.
    """
    result = np.zeros(count)
    start = int(generator.uniform(0, min(interval_s * SAMPLE_RATE_HZ, count / 3)))
    while start < count:
        event = make()[:count - start]
        result[start:start + len(event)] += event
        start += samples_of(interval_s * (1 + jitter * generator.uniform(-1, 1)))
    return result


def reverberate(generator: np.random.Generator, samples: np.ndarray) -> np.ndarray:
    """Return the samples in a room of 0.1 to 1 s reverberation time, as long as before."""
    decay_s = between(generator, 0.1, 1.0)
    tail = generator.standard_normal(samples_of(decay_s)) * fade(
        samples_of(decay_s), decay_s / 6.9)
    wet = signal.fftconvolve(samples, tail / np.sqrt(np.sum(tail ** 2)))[:len(samples)]
    return samples + generator.uniform(0.1, 1.0) * wet
