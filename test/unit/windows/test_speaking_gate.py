# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from ser_ros.windows.speaking_gate import KEPT_INTERVALS, SpeakingGate

S = 10**9


@pytest.mark.parametrize('start_s, end_s, touches', [
    (0.0, 9.9, False),
    (0.0, 10.0, True),     # touches its beginning
    (11.0, 11.5, True),    # within
    (12.4, 15.0, True),    # within the hang-over
    (12.5, 15.0, True),    # touches the end of the hang-over
    (12.6, 15.0, False),
])
def test_a_window_that_touches_the_robots_speech_or_the_hang_over(start_s, end_s, touches):
    gate = SpeakingGate(hang_over_s=0.5)
    gate.set(True, 10 * S)
    gate.set(True, 11 * S)  # said again: nothing new
    gate.set(False, 12 * S)
    gate.set(False, 14 * S)
    assert gate.touches(int(start_s * S), int(end_s * S)) == touches


def test_while_it_speaks_everything_from_its_beginning_on_is_muted():
    gate = SpeakingGate(hang_over_s=0.0)
    gate.set(True, 10 * S)
    assert not gate.touches(0, 9 * S)
    assert gate.touches(0, 100 * S)


def test_a_window_that_comes_late_still_knows_of_what_was_said_before():
    gate = SpeakingGate(hang_over_s=0.0)
    for start_s in range(0, 2 * KEPT_INTERVALS, 2):
        gate.set(True, start_s * S)
        gate.set(False, start_s * S + S // 2)
    assert gate.touches(0, S // 4)
    assert not gate.touches(S, S + S // 2)


def test_when_time_goes_back_the_future_is_forgotten():
    gate = SpeakingGate(hang_over_s=0.0)
    gate.set(True, 5 * S)
    gate.set(False, 6 * S)
    gate.set(True, 50 * S)
    gate.set(True, 10 * S)  # the bag has begun anew
    assert gate.speaking
    gate.set(False, 20 * S)
    assert not gate.speaking
    assert gate.touches(5 * S, 6 * S)
    assert gate.touches(15 * S, 16 * S)
    assert not gate.touches(30 * S, 60 * S)
