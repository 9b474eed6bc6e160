# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sounds that the robot makes: espeak-ng and files, through a real PortAudio device."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import alsa_device
import numpy as np
import pytest

from ser_ros.audio import player, synthesis
from ser_ros.child_process import ChildProcess
from ser_ros.errors import SerError

needs_espeak = pytest.mark.skipif(
    shutil.which('espeak-ng') is None, reason='espeak-ng is not installed')


@pytest.fixture
def loudspeaker(tmp_path, monkeypatch):
    """Path of the file that holds what was played."""
    if alsa_device.missing():
        pytest.skip(alsa_device.missing())
    path, environment = alsa_device.loudspeaker_environment(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return path


def play(**task):
    """Do a task in a process, and return its messages and how long it took [s]."""
    start_s = time.monotonic()
    with ChildProcess('ser_ros.audio.player', dict({'device': ''}, **task)) as child:
        messages = list(child.messages())
        assert child.exit_code in (0, 3), list(child.log)
    return messages, time.monotonic() - start_s


def heard(path):
    return np.fromfile(path, '<i2').astype(np.float64) / 32768


@needs_espeak
class TestSpeech:
    def test_espeak_speaks_english_and_korean(self):
        for language, text in ('en', 'Take your time.'), ('ko', '천천히 하셔도 됩니다.'):
            samples, rate_hz = synthesis.synthesize(text, language, 140)
            assert samples.dtype == np.float32
            assert 0.5 < len(samples) / rate_hz < 6
            assert 0.01 < np.abs(samples).max() <= 1

    def test_slower_is_longer(self):
        slow, fast = (synthesis.synthesize('I am listening to you.', 'en', rate)[0]
                      for rate in (120, 200))
        assert len(slow) > 1.2 * len(fast)

    def test_no_text_is_an_option_or_a_command(self, tmp_path):
        target = tmp_path / 'x.wav'
        samples, _ = synthesis.synthesize(f'-w {target} --help $(touch {target})', 'en', 450)
        assert len(samples) > 1000
        assert not target.exists()

    def test_a_voice_that_is_not_there_is_named(self):
        with pytest.raises(SerError, match='espeak-ng failed: '):
            synthesis.synthesize('Hello.', 'zz', 140)

    def test_it_is_heard_softly_and_takes_its_time(self, loudspeaker):
        messages, took_s = play(text='Take all the time you need.', language='en', rate_wpm=140,
                                level_db=-12.0)
        assert messages == [{}]
        samples, rate_hz = synthesis.synthesize('Take all the time you need.', 'en', 140)
        played = heard(loudspeaker)
        assert len(played) >= len(samples)
        assert np.abs(played).max() == pytest.approx(np.abs(samples).max() / 4, rel=0.05)
        assert took_s > len(samples) / rate_hz


def test_texts_are_cleaned():
    assert synthesis.clean('One\n\x00two\x1b[31m \u202e three\t') == 'One two [31m three'
    assert len(synthesis.clean('long ' * 1000)) == 500


def test_a_missing_espeak_is_one_line(monkeypatch):
    monkeypatch.setenv('PATH', '')
    with pytest.raises(SerError, match='espeak-ng is not installed; install it .apt install'):
        synthesis.check()


@pytest.fixture
def tone(tmp_path):
    soundfile = pytest.importorskip('soundfile')
    path = str(tmp_path / 'tone.wav')
    soundfile.write(path, 0.5 * np.sin(np.arange(16000) * 0.2), 16000)
    return path


class TestFiles:
    def test_once_faded_and_not_too_loud(self, loudspeaker, tone):
        messages, took_s = play(file=tone, loop=False, duration_s=60.0, fade_s=0.25,
                                level_dbfs=-30.0)
        assert messages == [{}]
        played = heard(loudspeaker)
        played = played[:np.flatnonzero(played)[-1] + 1]
        assert len(played) / 44100 == pytest.approx(1.0, abs=0.01)
        middle = played[15000:30000]
        assert 20 * np.log10(np.sqrt(np.mean(middle ** 2))) == pytest.approx(-30, abs=0.5)
        assert np.abs(played[:1000]).max() < 0.2 * np.abs(middle).max()
        assert np.abs(played[-1000:]).max() < 0.2 * np.abs(middle).max()
        assert took_s > 0.9

    def test_a_loop_ends(self, loudspeaker, tone):
        play(file=tone, loop=True, duration_s=1.5, fade_s=0.1, level_dbfs=-10.0)
        played = heard(loudspeaker)
        assert np.flatnonzero(played)[-1] / 44100 == pytest.approx(1.5, abs=0.02)

    def test_it_can_be_ended_at_once(self, loudspeaker, tone):
        task = {'file': tone, 'loop': True, 'duration_s': 60.0, 'fade_s': 0.1, 'device': '',
                'level_dbfs': -10.0}
        deadline_s = time.monotonic() + 120
        with ChildProcess('ser_ros.audio.player', task) as child:
            thread = threading.Thread(target=lambda: list(child.messages()))
            thread.start()
            while not os.path.exists(loudspeaker) or len(heard(loudspeaker)) < 1000:
                assert thread.is_alive() and time.monotonic() < deadline_s
                time.sleep(0.05)
            child.kill()
            thread.join(120)
            assert not thread.is_alive()
            assert child.exit_code == -signal.SIGKILL

    def test_what_is_no_sound_is_named(self, loudspeaker, tmp_path):
        path = tmp_path / 'a.wav'
        path.write_text('nothing')
        messages, _ = play(file=str(path), loop=False, duration_s=1.0, fade_s=0.0,
                           level_dbfs=-30.0)
        assert str(path) in messages[0]['error']

    def test_a_missing_device_is_named_with_those_that_are_there(self, loudspeaker, tone):
        messages, _ = play(file=tone, loop=False, duration_s=1.0, fade_s=0.0, level_dbfs=-30.0,
                           device='no such thing')
        assert "no loudspeaker matches 'no such thing'; available: " in messages[0]['error']
        assert alsa_device.NAME in messages[0]['error']


def test_a_fade_is_never_longer_than_half_the_sound():
    blocks = list(player.faded(iter([np.ones(600, np.float32)] * 3), 1.0, 20.0, rate_hz=1000))
    samples = np.concatenate(blocks)
    assert len(samples) == 1000
    assert samples.max() == 1.0
    np.testing.assert_allclose(samples[:500], np.arange(500) / 500, atol=1e-6)


def test_the_parent_does_not_load_what_makes_sound():
    """The node's memory is small."""
    code = ('import sys, ser_ros.audio.synthesis as s; '
            'sys.exit("soundfile" in sys.modules or "pyaudio" in sys.modules)')
    subprocess.run([sys.executable, '-c', code], check=True)
