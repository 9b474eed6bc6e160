# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0

import numpy as np
import pytest

from ser_ros.features.mel import hann
from ser_ros.features.window_level import level_gain, spectrum_sum


@pytest.mark.parametrize('level_dbfs, expected_dbfs', [
    (0, -20), (-20, -20), (-69, -20), (-70, -20), (-80, -30), (-100, -50)])
def test_gain(level_dbfs, expected_dbfs):
    mean_square = 10 ** (level_dbfs / 10)
    assert 10 * np.log10(mean_square * level_gain(mean_square)) == pytest.approx(expected_dbfs)


def test_gain_of_silence_is_50_db():
    assert level_gain(0.0) == pytest.approx(1e5)


@pytest.mark.parametrize('length, fft_size, periodic', [(400, 512, False), (1024, 1024, True)])
def test_spectrum_sums_up_to_the_mean_square(length, fft_size, periodic):
    window = hann(length, periodic)
    samples = np.sin(2 * np.pi * 1234.5 * np.arange(length) / 16000)
    power = np.abs(np.fft.rfft(samples * window, fft_size)) ** 2
    assert power.sum() / spectrum_sum(fft_size, window) == pytest.approx(0.5, rel=1e-3)
