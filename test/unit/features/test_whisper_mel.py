# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The feature set whisper_mel/1 against librosa, and its level."""

import numpy as np
import pytest
from signals import SIGNALS

from ser_ros.features.registry import create_extractor
from ser_ros.features.whisper_mel import FFT_SIZE, GRID, MEL_BANDS, filterbank


@pytest.fixture
def extractor():
    return create_extractor('whisper_mel/1')


def window(extractor, samples):
    extractor.reset()
    extractor.push(np.resize(samples, extractor.window_samples))
    return extractor.input()


def test_the_window_is_130_positions_of_the_encoder(extractor):
    assert extractor.window_samples == 41840
    assert extractor.input_shape == (80, 260)


def test_filters_are_those_of_librosa():
    librosa = pytest.importorskip('librosa')
    expected = librosa.filters.mel(sr=16000, n_fft=FFT_SIZE, n_mels=MEL_BANDS, dtype=np.float64)
    assert np.allclose(filterbank(), expected.T, atol=1e-12)


@pytest.mark.parametrize('name', ['voice', 'noise at -20 dBFS', 'chirp'])
def test_the_input_is_the_log_mel_spectrum_of_librosa(extractor, name):
    librosa = pytest.importorskip('librosa')
    samples = np.resize(SIGNALS[name], extractor.window_samples)
    power = librosa.feature.melspectrogram(
        y=samples.astype(np.float64), sr=16000, n_fft=FFT_SIZE, hop_length=GRID.hop_samples,
        n_mels=MEL_BANDS, center=False)
    log = np.log10(np.maximum(power, 1e-30))
    expected = (np.maximum(log, log.max() - 8.0) + 1.5 - log.max() + 4.0) / 4.0
    assert np.abs(window(extractor, samples) - expected).max() < 1e-4


@pytest.mark.parametrize('gain_db', [-60, -20, 6])
def test_the_gain_of_the_microphone_does_not_matter(extractor, gain_db):
    expected = window(extractor, SIGNALS['voice'])
    heard = window(extractor, SIGNALS['voice'] * np.float32(10 ** (gain_db / 20)))
    assert np.abs(heard - expected).max() < 1e-4


def test_values_are_between_silence_and_the_loudest_cell(extractor):
    for samples in SIGNALS.values():
        values = window(extractor, samples)
        assert values.min() > -0.625001 and values.max() < 1.375001
    assert np.allclose(window(extractor, SIGNALS['silence']), -0.625, atol=1e-6)
