# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0

import numpy as np
import pytest

from ser_ros.windows.speech_gain import MAX_GAIN_DB, RELEASE_S, TARGET_DBFS, SpeechGain

FRAME_S = 0.032


def frame(level_dbfs):
    return np.full(512, 10 ** (level_dbfs / 20), np.float32)


def gains_db(*levels_dbfs):
    gain = SpeechGain(FRAME_S)
    return [20 * np.log10(gain.next(frame(level))) for level in levels_dbfs]


@pytest.mark.parametrize('level_dbfs, gain_db', [
    (TARGET_DBFS - 15, 15), (TARGET_DBFS, 0), (0, 0), (-90, MAX_GAIN_DB), (-300, MAX_GAIN_DB)])
def test_brings_faint_sound_to_the_target_within_bounds(level_dbfs, gain_db):
    assert gains_db(level_dbfs) == pytest.approx([gain_db], abs=1e-4)


def test_falls_at_once_and_rises_slowly():
    quiet, loud, *after = gains_db(TARGET_DBFS - 15, TARGET_DBFS, *[-120] * 20)
    assert (quiet, loud) == pytest.approx((15, 0), abs=1e-4)
    fall_db = FRAME_S / RELEASE_S * 20 * np.log10(np.e)
    np.testing.assert_allclose(after, fall_db * np.arange(1, 21), atol=1e-4)


def test_loud_sound_is_not_made_quieter():
    assert gains_db(10, 0) == [0, 0]


def test_reset_forgets():
    gain = SpeechGain(FRAME_S)
    first = gain.next(frame(-50))
    gain.next(frame(-10))
    gain.reset()
    assert gain.next(frame(-50)) == first
