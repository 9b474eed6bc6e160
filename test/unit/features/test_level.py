# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0

import numpy as np
import pytest

from ser_ros.features.level import frame_rms, level_dbfs


@pytest.mark.parametrize('amplitude, expected', [
    (1.0, 0.0), (0.1, -20.0), (2.0, 6.0206), (1e-5, -100.0), (1e-7, -120.0), (0.0, -120.0)])
def test_level_of_a_constant(amplitude, expected):
    assert level_dbfs(np.full(1000, amplitude, np.float32)) == pytest.approx(expected, abs=1e-3)


def test_level_of_a_sine():
    sine = np.sin(2 * np.pi * np.arange(1600) / 16).astype(np.float32)
    assert level_dbfs(sine) == pytest.approx(-3.0103, abs=1e-3)


def test_level_of_nothing():
    assert level_dbfs(np.zeros(0, np.float32)) == -120.0


def test_rms_of_frames():
    frames = np.array([[3, -3, 3, -3], [0, 0, 0, 0], [2, 0, 0, 0]], np.float32)
    rms = frame_rms(frames)
    assert rms.dtype == np.float32
    np.testing.assert_allclose(rms, [3, 0, 1])
