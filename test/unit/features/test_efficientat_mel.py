# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""efficientat_mel/1 against what EfficientAT computes at 32 kHz."""

import numpy as np
import pytest
import scipy.fft
import scipy.signal
from signals import SIGNALS, noise, voice

from ser_ros.features.efficientat_mel import EfficientatMel

WINDOW_SAMPLES = 41200
SILENCE = (np.log(1e-5) + 4.5) / 5
HARD = [name for name in sorted(SIGNALS) if len(SIGNALS[name]) >= WINDOW_SAMPLES]


def original_image(samples):
    """
    Compute what EfficientAT's models/preprocess.py does, step by step, from 32 kHz.

    Pre-emphasis, Hann window of 800, FFT of 1024, hop 320, Kaldi's 128 mel bands up to 15 kHz,
    logarithm with offset, fixed scaling. Its frames are centred, ours begin with the sound.
    """
    sound = scipy.signal.resample(samples.astype(float), 2 * len(samples))
    sound = np.convolve(sound, [1.0, -0.97])[:len(sound)]
    sound = np.concatenate([np.zeros(112), sound, np.zeros(112)])
    window = np.concatenate([np.zeros(112), scipy.signal.get_window('hann', 800, fftbins=False),
                             np.zeros(112)])
    frames = np.stack([sound[start:start + 1024]
                       for start in range(0, len(sound) - 1024 + 1, 320)])
    power = np.abs(scipy.fft.rfft(frames * window)) ** 2
    return (np.log(kaldi_bands() @ power.T + 1e-5) + 4.5) / 5


def kaldi_bands():
    top = 1127 * np.log(1 + 15000 / 700)
    corners = np.linspace(0, top, 130)
    mel = 1127 * np.log(1 + np.arange(513) * 31.25 / 700)
    bands = np.zeros((128, 513))
    for band, (left, centre, right) in enumerate(zip(corners, corners[1:], corners[2:])):
        bands[band] = np.clip(np.minimum(
            (mel - left) / (centre - left), (right - mel) / (right - centre)), 0, None)
    return bands


def image_of(samples):
    extractor = EfficientatMel()
    extractor.push(samples)
    return extractor.input()


def at_target_level(samples):
    """Bring to -20 dBFS by the mean square over the window's frames, below 8 kHz."""
    spectrum = scipy.fft.rfft(samples.astype(float))
    spectrum[:int(100 * len(samples) / 16000)] = 0
    filtered = scipy.fft.irfft(spectrum, len(samples))
    frames = np.stack([filtered[start:start + 400]
                       for start in range(0, len(samples) - 399, 160)])
    window = scipy.signal.get_window('hann', 400, fftbins=False) ** 2
    mean_square = np.mean(np.sum(frames ** 2 * window, axis=1)) / window.sum()
    return samples * 0.1 / np.sqrt(max(mean_square, 1e-7))


def test_window_is_what_the_name_promises():
    assert EfficientatMel.name == 'efficientat_mel/1'
    assert EfficientatMel().window_samples == WINDOW_SAMPLES
    assert EfficientatMel.input_shape == (1, 104, 256)


def test_it_is_the_input_of_the_pretrained_network(speech):
    for path, clip in speech.items():
        samples = np.resize(clip, WINDOW_SAMPLES)
        image = image_of(samples)[0]
        expected = original_image(at_target_level(samples))
        # The last bands reach over 8 kHz. Emphasis after the FFT instead of before the window
        # leaves other leakage where a band is far below its neighbours.
        difference = np.abs(image - expected[:104])[:102]
        assert np.median(difference) < 0.01, path
        assert np.percentile(difference, 99) < 0.15, path
        # Nothing is lost with the bands above: they are silent.
        assert np.percentile(expected[106:], 99) < -1.2, path


def test_level_does_not_matter():
    loud = image_of(voice(0.5).astype(np.float32)[:WINDOW_SAMPLES])
    for factor in 0.5, 0.01:
        quiet = image_of(voice(0.5 * factor).astype(np.float32)[:WINDOW_SAMPLES])
        np.testing.assert_allclose(quiet, loud, atol=2e-3)


def test_level_of_noise():
    # White noise at -20 dBFS is left as it is.
    samples = noise(0.1).astype(np.float32)[:WINDOW_SAMPLES]
    power = EfficientatMel().columns(samples).power
    unchanged = (np.log(power + 1e-5) + 4.5) / 5
    np.testing.assert_allclose(image_of(samples)[0], unchanged, atol=0.03)


def test_silence():
    np.testing.assert_allclose(image_of(np.zeros(WINDOW_SAMPLES, np.float32)), SILENCE, atol=1e-6)


@pytest.mark.parametrize('name', HARD)
def test_hard_signals_give_numbers_in_range(name):
    image = image_of(SIGNALS[name])
    assert image.dtype == np.float32
    assert np.isfinite(image).all()
    assert image.min() >= SILENCE - 1e-6
    assert image.max() < 4


def test_pitch_of_a_voice():
    extractor = EfficientatMel()
    extractor.push(SIGNALS['voice'])
    assert 110 < extractor.pitch_hz() < 170
    extractor.reset()
    extractor.push(SIGNALS['silence'])
    assert np.isnan(extractor.pitch_hz())


@pytest.mark.parametrize('samples, hops', [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2)])
def test_columns_of_short_sounds(samples, hops):
    assert EfficientatMel().columns(np.zeros(samples, np.float32)).power.shape == (104, hops)
