# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The graph with models that take the samples, at 4 and 15 s, and with labels of their own."""

import os
import statistics

import numpy as np
import pytest
import soundfile
from diagnostic_msgs.msg import DiagnosticArray
from harness import diagnosis, quoted
from lifecycle_msgs.msg import Transition
from waveform_model import (
    LABELS,
    RATE_HZ,
    metadata,
    write_slow_backend,
    write_waveform_model,
)

from ser_ros.features.registry import create_extractor
from ser_ros.inference.model_file import Model
from ser_ros.nodes import qos
from ser_ros.nodes.messages import Emotion, Mitigation, ModelInfo, SpeechFeatures
from ser_ros.nodes.stamps import to_ns
from ser_ros.recognizer import Recognizer
from ser_ros.resources import share_path

NODE = 'emotion_inference'
PERIOD_NS = 500000000


def check_one_each_period(emotions, window_s):
    """Check that none is lost, and that each is of a whole window."""
    assert [emotion.sequence for emotion in emotions] == list(range(
        emotions[0].sequence, emotions[0].sequence + len(emotions)))
    stamps = [to_ns(emotion.header.stamp) for emotion in emotions]
    np.testing.assert_allclose(np.diff(stamps), PERIOD_NS, atol=1e6)
    for emotion in emotions:
        length_ns = to_ns(emotion.header.stamp) - to_ns(emotion.window_start)
        assert length_ns == pytest.approx(window_s * 1e9, abs=1e6)


@pytest.fixture(scope='module')
def network(tmp_path_factory):
    """A tiny random wav2vec2 with its head, as training makes it."""
    pytest.importorskip('transformers', reason='speech encoders need transformers')
    import torch
    from tiny_wav2vec2 import make_tiny_wav2vec2

    from ser_ros.training import config
    from ser_ros.training.networks.registry import make_network
    torch.manual_seed(0)
    return make_network(config.from_values({
        'name': 'tiny', 'version': '1', 'feature_set': 'waveform/1', 'network': 'wav2vec2',
        'pretrained': str(make_tiny_wav2vec2(tmp_path_factory.mktemp('pretrained'))),
        'labels': list(LABELS), 'licence': 'free', 'corpora': {'north': {'train': ['a']}},
        'speech_encoder': {'trainable_layers': 0},
    }, 'here')).eval()


def log_of_softmax(network, samples):
    import torch
    with torch.inference_mode():
        return torch.log_softmax(network(torch.from_numpy(samples[np.newaxis])), 1)[0].numpy()


@pytest.mark.parametrize('window_s', [4, 15])
def test_a_wav2vec2_answers_every_period_as_pytorch_and_classify(
        network, peer, start_graph, speech, tmp_path, window_s):
    from ser_ros.inference.onnx_file import writing
    from ser_ros.training.export import onnx_export
    samples = window_s * RATE_HZ
    (tmp_path / 'm').mkdir()
    writing.save(onnx_export.to_onnx(network, (samples,)), str(tmp_path / 'm' / 'fp32.onnx'),
                 metadata('tiny', samples))
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    features = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    status = peer.listen(DiagnosticArray, '/diagnostics')
    sound = str(tmp_path / 'sound.wav')
    twice = np.tile(soundfile.read(speech)[0], 2)
    soundfile.write(sound, twice[:samples + 3 * RATE_HZ], RATE_HZ)
    graph = start_graph(sound, '-p', 'realtime:=false', '-p', 'loop:=false',
                        '-p', 'model:=' + quoted(f'{tmp_path}/m/'))
    peer.wait_for(lambda: len(emotions) == len(features) == 7, 'emotions', graph.values())
    check_one_each_period(emotions, window_s)
    with Recognizer(tmp_path / 'm') as recognizer:
        windows = list(recognizer.classify(sound))
    assert len(windows) == 7
    for window, emotion, message in zip(windows, emotions, features):
        assert emotion.state != Emotion.STATE_NO_SPEECH
        answer = np.log(emotion.raw_probabilities)
        np.testing.assert_allclose(
            answer, log_of_softmax(network, np.array(message.data, np.float32)), atol=1e-4)
        np.testing.assert_allclose(answer, np.log(window.raw_probabilities), atol=1e-4)
    peer.wait_for(lambda: diagnosis(
        status, NODE, **{'lost windows': '0', 'overload drops': '0', 'refused windows': '0'}),
        'no losses', graph.values())


def test_the_graph_answers_a_label_of_its_own(peer, start_graph, speech, tmp_path):
    window_s = 4
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    features = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    answers = peer.listen(Mitigation, 'mitigation', qos.MITIGATION)
    graph = start_graph(
        speech, '-p', 'realtime:=false', '-p', 'loop:=true', '-p', 'language:=ko',
        '-p', 'model:=' + quoted(write_waveform_model(tmp_path / 'm', window_s)),
        '-p', 'config:=' + quoted(share_path('config', 'mitigation_korean.yaml')))
    peer.wait_for(lambda: emotions and answers, 'emotions and an answer', graph.values())
    check_one_each_period(list(emotions), window_s)
    assert emotions[0].sequence == 0
    assert features[0].feature_set == 'waveform/1'
    assert list(features[0].shape) == [window_s * RATE_HZ]
    samples = np.frombuffer(features[0].data, np.float32)
    assert 0.01 < np.abs(samples).max() <= 1.0
    assert list(emotions[0].labels) == list(LABELS)
    assert {emotion.label for emotion in emotions} == {'anxious'}
    assert (answers[0].emotion, answers[0].language) == ('anxious', 'ko')


def test_another_model_by_a_restart_of_inference_alone(peer, start_graph, speech, tmp_path):
    own = write_waveform_model(tmp_path / 'm', 4)
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    infos = peer.listen(ModelInfo, 'model_info', qos.LATCHED)
    graph = start_graph(
        speech, '-p', 'realtime:=false', '-p', 'loop:=true', '-p', 'model:=' + quoted(own))
    peer.wait_for(lambda: len(emotions) >= 3, 'emotions', graph.values())
    for model in 'resnet34', own:
        for transition in Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP:
            assert peer.transition(NODE, transition)
        assert peer.set_parameter(NODE, 'model', model) == (True, '')
        seen = len(emotions)
        for transition in Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE:
            assert peer.transition(NODE, transition)
        peer.wait_for(lambda seen=seen: len(emotions) >= seen + 3, 'emotions', graph.values())
        info = Model(model).info
        assert (infos[-1].name, infos[-1].feature_set) == (info.name, info.feature_set)
        extractor = create_extractor(info.feature_set, info.input_shape)
        check_one_each_period(emotions[seen:], extractor.window_samples / RATE_HZ)
    errors = [line for process in graph.values() for line in process.log().splitlines()
              if '[ERROR]' in line]
    # A window that was made for the model before may still be on its way.
    assert all('received features' in line for line in errors), errors


def test_a_set_that_was_set_by_hand_waits_for_nothing(peer, start, speech):
    features = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    node = start('feature_extraction', '-p', 'autostart:=true', '-p', 'window_s:=1.5',
                 '-p', 'feature_set:=waveform/1')
    peer.wait_until_connected([node])
    start('audio_capture', '-p', 'autostart:=true', '-p', 'device:=' + quoted(speech))
    peer.wait_for(lambda: features, 'features', [node])
    assert list(features[0].shape) == [1.5 * RATE_HZ]


@pytest.mark.parametrize('feature_set, window_s, complaint', [
    ('waveform/1', 0.2, 'waveform/1 makes windows of 0.5 to 15 s'),
    ('waveform/1', 16.0, 'parameter window_s must be a number with a point from 0.0 to 15.0'),
    ('mel_yin_rms/1', 4.0, 'window_s is 4, but mel_yin_rms/1 only makes windows of 2.604 s'),
])
def test_a_length_that_is_not_possible_is_refused(peer, start, feature_set, window_s, complaint):
    node = start('feature_extraction', '-p', 'autostart:=true', '-p', f'window_s:={window_s}',
                 '-p', 'feature_set:=' + feature_set)
    peer.wait_for(lambda: complaint in node.log(), 'complaint')
    assert 'Traceback' not in node.log()


def test_a_model_that_is_too_slow(peer, start_graph, speech, tmp_path, monkeypatch):
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join(
        (str(write_slow_backend(tmp_path)), os.environ.get('PYTHONPATH', ''))))
    monkeypatch.setenv('SLOW_S', '1.3')
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    status = peer.listen(DiagnosticArray, '/diagnostics')
    graph = start_graph(
        speech, '-p', 'loop:=true', '-p', 'period:=1.0', '-p', 'backend:=slow',
        '-p', 'min_speech:=0.0', '-p', 'model:=' + quoted(
            write_waveform_model(tmp_path / 'm', 0.5)))
    peer.wait_for(lambda: len(emotions) >= 5, 'emotions', graph.values())
    peer.wait_for(lambda: diagnosis(status, NODE, message='too slow'), 'a warning', graph.values())
    # On a busy machine single windows take longer.
    assert statistics.median(emotion.latency_s for emotion in emotions) < 2.0
    assert emotions[-1].sequence >= len(emotions)
    log = graph[NODE].log()
    assert log.count('too slow for a period of 1 s: tiny_waveform takes 1.3') == 1
    assert log.count('windows are dropped') == 1
    assert 'A period of 1.6 s' in log
