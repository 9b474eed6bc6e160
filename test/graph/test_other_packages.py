# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The graph serves a model with the feature set of another package, at windows of any length."""

import json
import subprocess

import extending
import numpy as np
import pytest
from harness import COMMAND, DEADLINE_S, quoted

from ser_ros.inference.model_file import Model
from ser_ros.nodes import qos
from ser_ros.nodes.messages import Emotion, SpeechFeatures
from ser_ros.nodes.stamps import to_ns

pytest.importorskip('torch', reason='the package has a network of torch')
pytest.importorskip('onnx', reason='models are written with onnx')
RATE_HZ = 16000


@pytest.fixture(scope='module')
def package(tmp_path_factory):
    """Folder of the package of docs/extending.md, which all processes find."""
    with extending.found(
            extending.write_package(tmp_path_factory.mktemp('package'))) as folder:
        yield folder


@pytest.fixture(scope='module', params=[1, 4, 15])
def model(request, package, tmp_path_factory):
    """Length of a window [s] and the folder of a model that takes it."""
    folder = tmp_path_factory.mktemp('models') / 'my_model'
    return request.param, extending.write_model(folder, request.param)


@pytest.mark.parametrize('sound_s, options', [
    (2, []), (2, ['--fast', '--backend', 'reference']), (20, ['--fast', '--processes'])])
def test_run(model, tmp_path, sound_s, options):
    soundfile = pytest.importorskip('soundfile')
    window_s, folder = model
    sound, record = tmp_path / 'a.wav', tmp_path / 'a.jsonl'
    soundfile.write(str(sound), np.zeros(sound_s * RATE_HZ, np.int16), RATE_HZ)
    result = subprocess.run(
        [COMMAND, 'run', str(sound), '--model', str(folder), '--output', str(record), *options],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        universal_newlines=True, timeout=DEADLINE_S)
    assert result.returncode == 0, result.stderr
    rows = [json.loads(line) for line in record.read_text(encoding='utf-8').splitlines()]
    assert [row['sequence'] for row in rows] == list(range(
        1 + max(0, int((sound_s - window_s) / 0.5))))
    for row in rows:
        assert row['stamp_s'] - row['window_start_s'] == pytest.approx(window_s, abs=0.001)
        assert row['backend'] == ('reference' if 'reference' in options else 'onnxruntime')


def test_every_window_of_speech_is_answered(peer, start_graph, speech, model):
    window_s, folder = model
    features = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    graph = start_graph(
        speech, '-p', 'loop:=true', '-p', 'realtime:=false', '-p', f'model:={quoted(str(folder))}')
    peer.wait_for(lambda: len(emotions) >= 3, 'emotions', graph.values())
    assert features[0].feature_set == 'my_waveform/1'
    assert list(features[0].shape) == [window_s * RATE_HZ]
    assert len(features[0].data) == window_s * RATE_HZ
    assert abs(np.mean(features[0].data)) < 1e-6
    assert list(emotions[0].labels) == list(Model(str(folder)).info.labels)
    assert any(message.state != Emotion.STATE_NO_SPEECH for message in emotions)
    stamps = [to_ns(message.header.stamp) for message in emotions]
    assert stamps[1] - stamps[0] == 500000000
