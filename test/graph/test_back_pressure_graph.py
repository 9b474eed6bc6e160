# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A file waits for the slowest node, in one process and in four: nothing of it is lost."""

import json
import os
import re
import signal
import subprocess

import pytest
import soundfile
from diagnostic_msgs.msg import DiagnosticArray
from harness import COMMAND, NODES, diagnosis, repeated
from lifecycle_msgs.msg import Transition
from waveform_model import write_slow_backend, write_waveform_model

from ser_ros.nodes import qos
from ser_ros.nodes.messages import Emotion, SpeechFeatures

PATIENCE_S = 300
WINDOW_S = 0.5
PERIOD_S = 0.5


@pytest.fixture
def slow(tmp_path, monkeypatch):
    """Return a function that makes the model slow; it returns the model's path."""
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join(
        (str(write_slow_backend(tmp_path)), os.environ.get('PYTHONPATH', ''))))

    def slow(seconds):
        monkeypatch.setenv('SLOW_S', str(seconds))
        return write_waveform_model(tmp_path / 'm', WINDOW_S)

    return slow


def play(sound, model, tmp_path, *options):
    """Run the graph; return the emotions and what was printed."""
    record, params = tmp_path / 'record.jsonl', tmp_path / 'params.yaml'
    params.write_text('/**:\n  ros__parameters:\n    min_speech: 0.0\n', encoding='utf-8')
    result = subprocess.run(
        [COMMAND, 'run', sound, '--model', model, '--backend', 'slow', '--params-file',
         str(params), '--output', str(record), *options], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
        timeout=PATIENCE_S)
    assert result.returncode == 0, result.stderr
    rows = [json.loads(line) for line in record.read_text(encoding='utf-8').splitlines()]
    return [row for row in rows if row['kind'] == 'emotion'], result.stdout


@pytest.mark.parametrize('slow_s', [0.3, 0.7])
@pytest.mark.parametrize('options', [['--fast'], ['--fast', '--processes']])
def test_nothing_of_a_file_is_lost_while_the_model_is_slow(
        speech, slow, tmp_path, slow_s, options):
    """Four times as fast as it could be heard at least, of a queue of 8 windows."""
    sound = repeated(speech, tmp_path / 'sound.wav', 2)
    windows = int((24 - WINDOW_S) / PERIOD_S) + 1
    emotions, printed = play(sound, slow(slow_s), tmp_path, *options)
    assert [row['sequence'] for row in emotions] == list(range(windows))
    assert re.search(r'^sound lost_ms=0$', printed, re.MULTILINE)
    assert ' lost=0 ' in printed


def test_a_file_at_normal_speed_waits_as_well(speech, slow, tmp_path):
    samples, rate_hz = soundfile.read(speech, frames=4 * 16000, dtype='int16')
    soundfile.write(str(tmp_path / 'short.wav'), samples, rate_hz)
    emotions, _ = play(str(tmp_path / 'short.wav'), slow(1.2), tmp_path)
    assert [row['sequence'] for row in emotions] == list(range(8))


def wait_until_followed(peer, diagnoses, graph):
    """Wait until audio_capture knows all nodes: on a busy machine it finds some late."""
    names = ', '.join(sorted('/' + name for name in NODES[:-1]))
    peer.wait_for(lambda: diagnosis(diagnoses, 'audio_capture', **{
        'file is followed by': names}), 'followers', graph.values())


@pytest.mark.parametrize('name', NODES[:-1])
def test_nothing_is_lost_while_a_node_stands_still(peer, play_fast, speech, tmp_path, name):
    """As a board does that swaps, for longer than all queues of the graph hold."""
    sound = repeated(speech, tmp_path / 'sound.wav', 3)
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    features = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    graph, ends = play_fast(sound, WINDOW_S)
    peer.wait_for(lambda: len(emotions) >= 3, 'emotions', graph.values())
    wait_until_followed(peer, diagnoses, graph)
    os.kill(graph[name].pid, signal.SIGSTOP)
    try:
        heard = len(features)
        with pytest.raises(AssertionError, match='no end'):
            peer.wait_for(lambda: ends, 'end', patience_s=8.0)
        assert len(features) <= heard + 16
    finally:
        os.kill(graph[name].pid, signal.SIGCONT)
    peer.wait_for(lambda: ends, 'end', graph.values())
    windows = int((36 - WINDOW_S) / PERIOD_S) + 1
    peer.wait_for(lambda: len(emotions) >= windows, 'the last emotion', graph.values())
    assert [message.sequence for message in emotions] == list(range(windows))
    assert features[-1].lost_ms == 0


def test_a_node_that_is_gone_is_not_waited_for_for_ever(peer, play_fast, speech, tmp_path):
    sound = repeated(speech, tmp_path / 'sound.wav', 3)
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    graph, ends = play_fast(sound, WINDOW_S)
    peer.wait_for(lambda: emotions, 'emotions', graph.values())
    wait_until_followed(peer, diagnoses, graph)
    assert peer.transition('emotion_inference', Transition.TRANSITION_DEACTIVATE)
    peer.wait_for(lambda: ends, 'end', graph.values(), patience_s=PATIENCE_S)
    assert graph['audio_capture'].log().count(
        'emotion_inference has not followed the file for 30 s') == 1
