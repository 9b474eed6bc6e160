# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The progress display, on a terminal and in a log."""

import io

import pytest

from ser_ros.progress import Progress, format_duration


class Terminal(io.StringIO):
    def isatty(self):
        return True


def clock(step_s):
    """Return a clock that goes on by ``step_s`` each time it is read."""
    now = [0.]

    def read():
        now[0] += step_s
        return now[0]
    return read


def test_a_log_gets_a_line_now_and_then():
    log = io.StringIO()
    assert list(Progress(log, clock(10)).track('abcdefg', 'letters', 7)) == list('abcdefg')
    assert log.getvalue().splitlines() == ['letters: 3/7, 0:40 left', 'letters: 6/7, 0:10 left']


def test_a_terminal_gets_a_bar_that_goes_away():
    terminal = Terminal()
    list(Progress(terminal, clock(1)).track(range(3), 'things', 3))
    shown = terminal.getvalue().split('\r\033[K')
    assert shown[1] == 'things [##########....................] 1/3, 0:02 left'
    assert shown[-1] == ''


def test_rounds_tell_how_long_all_take():
    log = io.StringIO()
    progress = Progress(log, clock(10))
    list(progress.track_round('abcd', 'round 1/3', 4, after=2))
    for _ in range(9):
        progress._clock()  # measured and written between the rounds
    list(progress.track_round('abcd', 'round 2/3', 4, after=1))
    assert log.getvalue().splitlines() == [
        'round 1/3: 3/4, 0:10 left, 1:30 in all', 'round 2/3: 3/4, 0:10 left, 2:40 in all']


@pytest.mark.parametrize('duration_s, text', [
    (0, '0:00'), (59.6, '1:00'), (3599, '59:59'), (3600, '1:00:00'), (90061, '25:01:01')])
def test_durations(duration_s, text):
    assert format_duration(duration_s) == text
