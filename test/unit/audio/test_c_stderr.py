# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The messages of audio libraries are held back, those of others are not."""

import os
import sys
import tempfile
import threading

import pytest

from ser_ros.audio import portaudio
from ser_ros.audio.c_stderr import quiet_stderr, reason
from ser_ros.errors import SerError

ALSA_LINE = 'ALSA lib pcm.c:2666:(snd_pcm_open_noupdate) Unknown PCM front'


def c_print(text):
    os.write(2, text.encode() + b'\n')


def test_only_the_noise_is_held_back(capfd):
    c_print('before')
    with quiet_stderr() as lines:
        c_print(ALSA_LINE)
        c_print('jack server is not running or cannot be started')
        c_print('')
        c_print('[WARN] a log line')
    c_print('after')
    assert lines == [ALSA_LINE, 'jack server is not running or cannot be started', '']
    assert capfd.readouterr().err == 'before\n[WARN] a log line\nafter\n'


def test_stderr_is_restored_after_an_error(capfd):
    with pytest.raises(OSError), quiet_stderr():
        raise OSError('x')
    c_print('after')
    assert capfd.readouterr().err == 'after\n'


def test_where_nothing_can_be_kept_nothing_is_redirected(capfd, monkeypatch):
    def fail():
        raise OSError('no space')
    monkeypatch.setattr(tempfile, 'TemporaryFile', fail)
    with quiet_stderr() as lines:
        c_print(ALSA_LINE)
    assert lines == []
    assert ALSA_LINE in capfd.readouterr().err


def test_a_process_without_stderr(monkeypatch):
    monkeypatch.setattr(sys, 'stderr', None)
    with quiet_stderr() as lines:
        c_print(ALSA_LINE)
    assert lines == [ALSA_LINE]


def test_alsa_tells_the_reason():
    assert reason([ALSA_LINE, 'jack server is not running']) == 'Unknown PCM front'
    assert reason(['ALSA lib pulse.c:242: Connection refused']) == 'Connection refused'
    assert reason(['nothing of ALSA']) == ''


def test_alsas_reason_is_part_of_the_error():
    with pytest.raises(SerError, match='^mic cannot be opened: Device unavailable; Unknown PCM'):
        with portaudio.calling('mic cannot be opened'):
            c_print(ALSA_LINE)
            raise OSError(-9985, 'Device unavailable')


def test_a_call_that_hangs_fails_the_next_one_and_does_not_hang_it(monkeypatch):
    monkeypatch.setattr(portaudio, '_LOCK_TIMEOUT_S', 0.05)
    inside, release = threading.Event(), threading.Event()

    def hang():
        with portaudio.calling('first'):
            inside.set()
            release.wait(120)
    thread = threading.Thread(target=hang)
    thread.start()
    assert inside.wait(120)
    with pytest.raises(SerError, match='^second: .* hangs'):
        with portaudio.calling('second'):
            raise AssertionError('let in')
    release.set()
    thread.join()
    with portaudio.calling('third'):
        pass
