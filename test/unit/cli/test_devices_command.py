# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`ser_ros devices`: table, JSON and level meter."""

import argparse
import io
import json
import sys

import numpy as np
import pytest
from fake_pyaudio import FakePyAudio
from rich.console import Console

from ser_ros.audio.source import AudioSource
from ser_ros.cli import devices
from ser_ros.errors import SerError
from ser_ros.sinks import level_meter


def run(*arguments):
    parser = argparse.ArgumentParser()
    devices.add_parser(parser.add_subparsers())
    args = parser.parse_args(['devices'] + list(arguments))
    return args.run(args)


@pytest.fixture
def plug(monkeypatch):
    return lambda fake: monkeypatch.setitem(sys.modules, 'pyaudio', fake)


def test_the_table_names_everything_on_one_line(plug, capsys):
    name = 'A microphone array with a name that is longer than a terminal is wide ' * 2
    plug(FakePyAudio(['USB [mic]', name], default=1, channels=6))
    assert run() == 0
    header, first, second = capsys.readouterr().out.splitlines()
    assert header.split() == ['Index', 'Name', 'Channels', 'Native', 'rate', 'Default']
    assert first.split() == ['0', 'USB', '[mic]', '6', '48000', 'Hz']
    assert name.strip() in second
    assert second.rstrip().endswith('default')


def test_json(plug, capsys):
    plug(FakePyAudio(['Mikrofon für Gäste'], channels=2, native_rate_hz=44100))
    assert run('--json') == 0
    assert json.loads(capsys.readouterr().out) == [{
        'index': 0, 'name': 'Mikrofon für Gäste', 'channels': 2, 'native_rate_hz': 44100,
        'is_default': True}]


@pytest.mark.parametrize('arguments, output', [((), ''), (('--json',), '[]\n')])
def test_no_devices(plug, capsys, arguments, output):
    plug(FakePyAudio([], default=None))
    assert run(*arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == output
    assert captured.err.startswith('ser_ros: error: no microphone was found')


@pytest.mark.parametrize('arguments, named', [
    (['--meter'], ''), (['--meter', 'webcam'], "no microphone matches 'webcam': ")])
def test_the_meter_where_there_are_no_devices(plug, capsys, arguments, named):
    plug(FakePyAudio([], default=None))
    assert run(*arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ''
    assert captured.err.startswith(f'ser_ros: error: {named}no microphone was found')


@pytest.mark.parametrize('seconds', ['0', '-1', 'nan', 'inf', 'ten'])
def test_impossible_durations(capsys, seconds):
    with pytest.raises(SystemExit):
        run('--meter', '--seconds', seconds)
    assert 'is not a number of seconds above 0' in capsys.readouterr().err


def test_the_meter_of_a_missing_microphone(plug):
    plug(FakePyAudio())
    with pytest.raises(SerError, match="'webcam'"):
        run('--meter', 'webcam')


class Tone(AudioSource):
    """A square wave of this amplitude, until Ctrl-C."""

    live = True
    description = 'microphone 0'

    def __init__(self, amplitude, chunks=10 ** 6):
        self._amplitude = amplitude
        self._chunks = chunks
        self.closed = False

    def read(self):
        if self._chunks == 0:
            raise KeyboardInterrupt
        self._chunks -= 1
        return np.full(320, self._amplitude, np.int16)

    def interrupt(self):
        raise AssertionError('a meter has one thread')

    def close(self):
        self.closed = True


@pytest.fixture
def show(monkeypatch):
    """Return a function that shows the level of a source, and returns what was printed."""
    def show_source(source, duration_s=None, **console):
        output = io.StringIO()
        monkeypatch.setattr(level_meter, 'MicrophoneSource', lambda device: source)
        monkeypatch.setattr(
            level_meter, 'Console', lambda **kwargs: Console(file=output, **console, **kwargs))
        assert level_meter.show_level('', duration_s) == 0
        assert source.closed
        return output.getvalue()
    return show_source


def test_a_line_a_second_where_there_is_no_terminal(show):
    lines = show(Tone(16384), 3).splitlines()
    assert lines[0] == 'microphone 0; Ctrl-C ends'
    assert lines[1:] == ['level   -6.0 dBFS  peak   -6.0 dBFS'] * 3


def test_ctrl_c_ends_the_meter(show):
    assert len(show(Tone(16384, chunks=120)).splitlines()) == 3


@pytest.mark.parametrize('amplitude, remark', [(-32768, 'clipped'), (32767, 'clipped'),
                                               (0, 'muted?'), (16384, '')])
def test_what_is_wrong_is_said(show, amplitude, remark):
    assert show(Tone(amplitude), 1).rstrip().endswith(remark or '-6.0 dBFS')


def test_a_bar_in_a_terminal(show):
    output = show(Tone(1036), 0.5, force_terminal=True, width=80)
    # -30 dBFS is half of the bar's 60 dB.
    assert '-30.0 dBFS' in output
    assert '\u2588\u2588' in output
    assert '\u2591\u2591' in output
