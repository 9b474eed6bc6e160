# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lost sound and lost windows add up over a whole session."""

import pytest

from ser_ros.sinks.tally import Tally
from ser_ros.windows.lost_windows import LostWindows


@pytest.mark.parametrize('totals_s, lost_s', [
    ([0.0, 0.1, 0.4], 0.4),
    ([0.0, 0.4, 0.38, 0.5], 0.5),  # 20 ms were only late
    ([0.0, 3.0, 0.0, 0.5], 3.5),  # the node was activated again
    ([0.0, 3.0, 0.5], 3.5),
])
def test_lost_sound_adds_up(totals_s, lost_s):
    tally = Tally()
    for total_s in totals_s:
        tally.add_lost_sound(total_s)
    assert tally.summary().lost_sound_s == pytest.approx(lost_s)


def test_missing_windows_are_counted_and_a_restart_is_no_loss():
    lost = LostWindows()
    for sequence in (7, 8, 11, 0, 1, 3):
        lost.hear(sequence)
    assert lost.count == 3
    lost.forget()
    lost.hear(20)
    assert lost.count == 3
