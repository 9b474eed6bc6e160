# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training windows of a waveform that are changed as sound."""

import random

import numpy as np
import pytest
import torch

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.errors import SerError
from ser_ros.features.registry import create_extractor
from ser_ros.training import config
from ser_ros.training.augment.registry import draw_window_of
from ser_ros.training.fit.windows import BalancedWindows
from ser_ros.training.options import SoundOptions

LENGTH = 16000
KINDS = [{'degraded': 1.0}, {'pitch': 1.0}, {'stretch': 1.0}, {'noise_reduction': 0.999},
         {'degraded': 0.5, 'pitch': 0.5, 'stretch': 0.5, 'noise_reduction': 0.5}]


def voice(count=24000):
    """Return a tone with overtones that glides, float32 (count,)."""
    phase = np.cumsum(np.linspace(180, 240, count)) / 16000
    return sum(0.1 / n * np.sin(2 * np.pi * n * phase) for n in range(1, 6)).astype(np.float32)


@pytest.mark.parametrize('kind', KINDS, ids=lambda kind: '+'.join(kind))
def test_windows_are_finite_of_the_right_length_and_differ(kind):
    draw = draw_window_of('waveform/1', SoundOptions(**kind))
    for sound in (voice(), voice(9000), np.zeros(20000, np.float32)):
        windows = [draw((sound,), LENGTH, np.random.default_rng(seed))[0] for seed in range(4)]
        for window in windows:
            assert window.shape == (LENGTH,) and window.dtype == np.float32
            assert np.isfinite(window).all() and np.abs(window).max() <= 1.5
        if sound.any():
            plain = draw_window_of('waveform/1')((sound,), LENGTH, np.random.default_rng(0))[0]
            assert not any(np.array_equal(window, plain) for window in windows)
            assert not np.array_equal(windows[0], windows[1])


def test_a_window_depends_on_seed_and_number_and_on_nothing_else():
    extractor = create_extractor('waveform/1', (LENGTH,))
    columns = [extractor.columns(voice()), extractor.columns(voice()[::-1].copy())]
    clips = [Clip('north', 'a', 'a', 0), Clip('north', 'b', 'b', 1)]

    def windows(seed, batch):
        drawn = BalancedWindows(clips, columns, extractor, np.random.default_rng(0), seed,
                                SoundOptions(**KINDS[-1]))
        return np.concatenate([part.inputs(slice(None)) for part in drawn.batches(6, batch)])

    state, random_state, torch_state = (
        np.random.get_state()[1].tolist(), random.getstate(), torch.get_rng_state())
    first = windows(3, 2)
    np.testing.assert_array_equal(windows(3, 6), first)
    assert not np.array_equal(windows(4, 2), first)
    # The generators of the whole process belong to the training.
    assert np.random.get_state()[1].tolist() == state and random.getstate() == random_state
    assert torch.equal(torch.get_rng_state(), torch_state)


def test_a_pitch_of_an_octave():
    options = SoundOptions(pitch=1.0, pitch_semitones=12.0)
    tone = np.sin(2 * np.pi * 440 * np.arange(32000) / 16000).astype(np.float32)

    def peak_hz(seed):
        window = draw_window_of('waveform/1', options)(
            (tone,), LENGTH, np.random.default_rng(seed))[0]
        return np.abs(np.fft.rfft(window)).argmax()
    peaks_hz = [peak_hz(seed) for seed in range(12)]
    assert 220 <= min(peaks_hz) < 400 and 480 < max(peaks_hz) <= 880


@pytest.mark.parametrize('values, complaint', [
    ({'noise_reduction': 1.0}, 'augmentation.noise_reduction'),
    ({'pitch': 2}, 'augmentation.pitch'),
    ({'echo': 0.5}, 'echo'),
    ({'stretch': 0.5}, "feature_set is 'mel_yin_rms/1'"),
])
def test_what_cannot_be_is_refused(values, complaint):
    text = {'name': 'm', 'version': '1', 'feature_set': 'mel_yin_rms/1', 'labels': ['a', 'b'],
            'licence': 'none', 'corpora': {'north': {'train': ['1'], 'validation': ['2']}},
            'augmentation': values}
    with pytest.raises(SerError) as error:
        config.from_values(text, 'c.yaml')
    assert complaint in str(error.value)
