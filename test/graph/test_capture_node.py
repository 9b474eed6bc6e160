# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""audio_capture and feature_extraction: a fault while they read, and the choice of a channel."""

import os
import subprocess

import numpy as np
import pytest
import soundfile
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from harness import COMMAND, DEADLINE_S, bytes_in_pieces, diagnosis, quoted
from test_audio_in import FEATURE_SET, WINDOW_SAMPLES, Speaker

from ser_ros.nodes import qos
from ser_ros.nodes.audio_messages import AudioDataStamped
from ser_ros.nodes.messages import AudioProgress, EndOfStream

CAPTURE, FEATURES = 'audio_capture', 'feature_extraction'
FAULT = 'the capture of audio has failed: TypeError: no such thing'
# What Python imports in every process that starts: after 1 s of a file something unforeseen.
FAULTY_STARTUP = '''
from ser_ros.audio.file_source import FileSource

read, chunks = FileSource.read, []


def fail(self):
    chunks.append(None)
    if len(chunks) > 50:
        raise TypeError('no such thing')
    return read(self)


FileSource.read = fail
'''


@pytest.fixture
def faulty(tmp_path, monkeypatch):
    """Let the thread that reads a file die in every process that is started."""
    folder = tmp_path / 'startup'
    folder.mkdir()
    (folder / 'sitecustomize.py').write_text(FAULTY_STARTUP)
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join(
        (str(folder), os.environ.get('PYTHONPATH', ''))))


@pytest.mark.parametrize('options', [[], ['--processes'], ['--loop']])
def test_a_run_whose_capture_thread_dies_ends_with_an_error(faulty, speech, options):
    result = subprocess.run(
        [COMMAND, 'run', speech, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, universal_newlines=True, timeout=DEADLINE_S, check=False)
    assert result.returncode == 2, result.stderr
    errors = [line for line in result.stderr.splitlines() if line.startswith('ser_ros: ')]
    assert errors == ['ser_ros: error: ' + FAULT]


def test_a_capture_thread_that_dies_is_an_error_in_diagnostics(faulty, peer, start, speech):
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    chunks = peer.listen(AudioDataStamped, 'audio/audio_stamped', qos.AUDIO)
    ends = peer.listen(EndOfStream, 'audio/end_of_stream', qos.LATCHED)
    process = start(CAPTURE, '-p', 'autostart:=true', '-p', 'wait_for_features:=false', '-p',
                    'loop:=true', '-p', 'device:=' + quoted(speech))
    peer.wait_for(lambda: diagnosis(diagnoses, CAPTURE, message=FAULT), 'error', [process])
    assert diagnosis(diagnoses, CAPTURE, message=FAULT).level == DiagnosticStatus.ERROR
    peer.wait_for(lambda: ends, 'end of the stream', [process])
    assert ends[0].error == FAULT
    assert len(chunks) <= 50
    # The node itself lives on, for whoever wants to activate it again.
    assert peer.state(CAPTURE) == 'active'


def test_a_file_waits_for_the_nodes_that_are_named(peer, start, speech):
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    chunks = peer.listen(AudioDataStamped, 'audio/audio_stamped', qos.AUDIO)
    reports = peer.node.create_publisher(AudioProgress, 'audio/progress', qos.PROGRESS)
    process = start(CAPTURE, '-p', 'autostart:=true', '-p', 'wait_for_features:=false', '-p',
                    'loop:=false', '-p', 'device:=' + quoted(speech),
                    '-p', 'wait_for_nodes:=[late, /robot/later]')
    own = peer.node.get_fully_qualified_name()

    def report(name, awaited):
        reports.publish(AudioProgress(node=name, begins=True))
        peer.wait_for(lambda: diagnosis(diagnoses, CAPTURE, **{
            'file waits for': awaited}), f'wait for {awaited}', [process])
        assert diagnosis(diagnoses, CAPTURE, message='the file waits for ' + awaited)

    report(own, '/late, /robot/later')
    report('/late', '/robot/later')
    assert not chunks
    reports.publish(AudioProgress(node='/robot/later', begins=True))
    peer.wait_for(lambda: chunks, 'sound', [process])


# (choice, the second of two channels as a multiple of the first, what is heard as one of the first)
# `auto` would make 0.55 of the first three, and 1.0 of the last.
CHOICES = [('0', 0.1, 1.0), ('1', 0.1, 0.1), ('loudest', 0.1, 1.0), ('mean', -0.8, 0.1)]
RMS = 0.2


def two_channels(factor):
    """Return 6 s of a tone in two channels, int16."""
    tone = 32768 * RMS * np.sqrt(2) * np.sin(2 * np.pi * 400 * np.arange(6 * 16000) / 16000)
    return np.rint(np.stack([tone, factor * tone], axis=1)).astype(np.int16)


@pytest.mark.parametrize('choice, factor, share', CHOICES)
def test_audio_capture_publishes_the_channel_that_was_chosen(
        peer, start, tmp_path, choice, factor, share):
    soundfile.write(str(tmp_path / 'stereo.wav'), two_channels(factor), 16000)
    chunks = peer.listen(AudioDataStamped, 'audio/audio_stamped', qos.AUDIO)
    process = start(CAPTURE, '-p', 'autostart:=true', '-p', 'wait_for_features:=false', '-p',
                    'device:=' + quoted(tmp_path / 'stereo.wav'), '-p', 'loop:=true',
                    '-p', 'channel:=' + quoted(choice))
    peer.wait_for(lambda: len(chunks) >= 50, '1 s of sound', [process])
    heard = np.frombuffer(b''.join(bytes(chunk.audio.data) for chunk in chunks[:50]), '<i2')
    assert np.std(heard / 32768) == pytest.approx(share * RMS, rel=0.01)


@pytest.mark.parametrize('choice, factor, share', CHOICES)
def test_feature_extraction_hears_the_channel_that_was_chosen(peer, start, choice, factor, share):
    node = start(FEATURES, '-p', 'autostart:=true', '-p', 'feature_set:=' + FEATURE_SET,
                 '-p', 'channel:=' + quoted(choice))
    peer.wait_active(FEATURES, processes=[node])
    samples = two_channels(factor)
    speaker = Speaker(peer, node, channels=2)
    speaker.say(bytes_in_pieces(samples.tobytes(), 2560))
    window = speaker.wait_for_windows((len(samples) - WINDOW_SAMPLES) // 8000 + 1)[-1]
    assert window.level_dbfs == pytest.approx(20 * np.log10(share * RMS), abs=0.5)
