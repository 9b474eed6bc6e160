# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests with real nodes."""

import os
import shutil
import subprocess

import pytest

rclpy = pytest.importorskip(
    'rclpy', reason='ROS 2 is not sourced: run make test, or source scripts/env.sh')

from harness import NODES, Peer, Process, quoted  # noqa: E402
from waveform_model import write_waveform_model  # noqa: E402

from ser_ros.nodes import qos  # noqa: E402
from ser_ros.nodes.messages import EndOfStream  # noqa: E402


@pytest.fixture(scope='session')
def speech(tmp_path_factory):
    """Return the path of 12 s of speech, 16 kHz mono."""
    if shutil.which('espeak-ng') is None:
        pytest.skip('espeak-ng is not installed; it makes the speech for this test')
    import numpy as np
    import soundfile
    import soxr
    folder = tmp_path_factory.mktemp('speech')
    parts = []
    for index, (voice, text) in enumerate((
            ('en-us', 'I have been waiting here for an hour and nobody told me anything at all.'),
            ('en-gb', 'What a wonderful surprise, I never expected to see you again today!'),
            ('ko', '오늘은 정말 힘든 하루였어요. 조금만 쉬고 싶어요.'))):
        path = str(folder / f'{index}.wav')
        subprocess.run(['espeak-ng', '-v', voice, '-w', path, text], check=True)
        samples, rate = soundfile.read(path, dtype='float32')
        parts.append(soxr.resample(samples, rate, 16000))
    path = str(folder / 'speech.wav')
    soundfile.write(path, np.concatenate(parts)[:12 * 16000], 16000, subtype='PCM_16')
    return path


@pytest.fixture(autouse=True)
def state_home(tmp_path, monkeypatch):
    """Folder of what outlives a responder: not that of the user, nor of another test."""
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path / 'state'))
    return tmp_path / 'state' / 'ser_ros'


@pytest.fixture
def peer():
    """Return a node of the test's own."""
    peer = Peer()
    yield peer
    peer.close()


@pytest.fixture
def start(tmp_path):
    """Return a function that starts an executable; all are gone after the test."""
    processes = []

    def start(executable, *arguments, env=None):
        log = tmp_path / f'{len(processes)}_{os.path.basename(executable)}.log'
        processes.append(Process(executable, arguments, env, str(log)))
        return processes[-1]

    yield start
    for process in processes:
        process.ask_to_end()
    for process in processes:
        process.end()


@pytest.fixture
def start_graph(start, peer):
    """
    Return a function that starts the four nodes, active, in as many processes.

    The sound starts once the test is connected to what it listens to: nothing is missed.
    """
    def start_graph(audio, *arguments, env=None):
        common = ['-p', 'autostart:=true', *arguments]
        graph = {name: start(name, *common, env=env) for name in NODES[:-1]}
        peer.wait_until_connected(graph.values())
        graph[NODES[-1]] = start(NODES[-1], *common, '-p', 'device:=' + quoted(audio), env=env)
        return graph

    return start_graph


@pytest.fixture
def play_fast(start_graph, peer, tmp_path):
    """
    Return a function that plays a file once, fast, to a tiny model that answers every window.

    It returns the graph and the ends of the file that were heard, a list.
    """
    def play_fast(sound, window_s):
        graph = start_graph(
            sound, '-p', 'realtime:=false', '-p', 'loop:=false', '-p', 'min_speech:=0.0',
            '-p', 'model:=' + quoted(write_waveform_model(tmp_path / 'm', window_s)))
        return graph, peer.listen(EndOfStream, 'audio/end_of_stream', qos.LATCHED)

    return play_fast
