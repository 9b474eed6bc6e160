# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The progress display, on a terminal and in a log."""

import io
import re

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


def shown_by(terminal):
    """Return the lines that a terminal showed one after the other, without colours."""
    text = re.sub('\x1b\\[[0-9;?]*[A-Za-z]', '', terminal.getvalue())
    return [line.strip() for line in re.split('[\r\n]', text) if line.strip()]


def test_a_terminal_gets_a_bar_that_goes_away(monkeypatch):
    monkeypatch.setenv('TERM', 'xterm')
    terminal = Terminal()
    list(Progress(terminal, clock(1)).track(range(3), 'things [x]', 3))
    bars = shown_by(terminal)
    assert re.fullmatch(r'things \[x\] \S{10}.* 1/3, 0:02 left', bars[0])
    assert re.fullmatch(r'things \[x\] \S{30} 3/3, 0:00 left', bars[-1])
    assert terminal.getvalue().endswith('\x1b[2K')


def test_a_terminal_that_cannot_redraw_gets_lines(monkeypatch):
    monkeypatch.setenv('TERM', 'dumb')
    terminal = Terminal()
    list(Progress(terminal, clock(10)).track('abc', 'letters', 3))
    assert terminal.getvalue() == 'letters: 3/3, 0:00 left\n'


def test_an_abandoned_loop_takes_its_bar_along(monkeypatch):
    monkeypatch.setenv('TERM', 'xterm')
    terminal = Terminal()
    loop = Progress(terminal, clock(1)).track(range(3), 'things', 3)
    next(loop), next(loop)
    loop.close()
    assert terminal.getvalue().endswith('\x1b[2K')


def test_parts_of_a_task():
    log = io.StringIO()
    with Progress(log, clock(30)).task('files', 4) as update:
        for done in (0, 0.5, 1.5, 4):
            update(done)
    assert log.getvalue().splitlines() == [
        'files: 0/4, 7:00 left', 'files: 1/4, 2:30 left', 'files: 4/4, 0:00 left']


def test_steps_in_a_log():
    log = io.StringIO()
    with Progress(log).steps() as show:
        for share in (None, None, 0.1, 0.2):
            show('building', share)
        show('measuring\n', None)
    assert log.getvalue() == 'building\nmeasuring\\n\n'


def test_steps_on_a_terminal(monkeypatch):
    monkeypatch.setenv('TERM', 'xterm')
    terminal = Terminal()
    with Progress(terminal).steps() as show:
        show('building', None)
        show('building', 0.5)
    bars = shown_by(terminal)
    assert re.fullmatch(r'building \S{30}', bars[0])
    assert re.fullmatch(r'building \S{15}.* 50%', bars[-1])


def test_a_hidden_one_shows_nothing():
    log = io.StringIO()
    progress = Progress(log, clock(100), hidden=True)
    assert list(progress.track('ab', 'letters', 2)) == ['a', 'b']
    with progress.steps() as show:
        show('building', None)
    assert log.getvalue() == ''


def test_work_goes_on_where_nobody_listens():
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError
    assert list(Progress(Gone(), clock(100)).track('ab', 'letters', 2)) == ['a', 'b']


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
