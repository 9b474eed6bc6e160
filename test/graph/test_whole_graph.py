# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speech in, emotions out: four processes over DDS."""

import itertools
import math

import numpy as np
import pytest
from harness import NODES
from lifecycle_msgs.msg import Transition

from ser_ros.features.registry import create_extractor
from ser_ros.inference.model_file import Model, available_models
from ser_ros.nodes import qos
from ser_ros.nodes.messages import Emotion, EndOfStream, ModelInfo, SpeechFeatures
from ser_ros.nodes.parameters import load_defaults
from ser_ros.nodes.stamps import to_ns
from ser_ros.recognizer import Recognizer

PERIOD_NS = 500000000
SAMPLE_NS = 62500


@pytest.fixture
def model():
    return Model(load_defaults('emotion_inference')['model'])


def test_emotions_of_a_file(peer, start_graph, speech, model):
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    features = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    infos = peer.listen(ModelInfo, 'model_info', qos.LATCHED)
    graph = start_graph(speech, '-p', 'loop:=false')
    peer.wait_active(*NODES, processes=graph.values())
    peer.wait_for(lambda: len(emotions) >= 18, '18 emotions', graph.values())

    # From its first sample to its last one.
    window_ns = (create_extractor(model.info.feature_set).window_samples - 1) * SAMPLE_NS
    assert [emotion.sequence for emotion in emotions] == list(range(len(emotions)))
    stamps = [to_ns(emotion.header.stamp) for emotion in emotions]
    assert set(np.diff(stamps)) == {PERIOD_NS}
    for emotion in emotions:
        assert to_ns(emotion.header.stamp) - to_ns(emotion.window_start) == window_ns
        assert emotion.header.frame_id == 'microphone'
        assert emotion.labels == list(model.info.labels)
        assert emotion.model_name == model.info.name
        assert emotion.model_version == model.info.version
        assert (emotion.backend, emotion.precision) == ('onnxruntime', 'fp32')
        assert math.isnan(emotion.valence) and math.isnan(emotion.arousal)
        assert 0.0 <= emotion.latency_s < math.inf
    spoken = [emotion for emotion in emotions if emotion.state != Emotion.STATE_NO_SPEECH]
    assert len(spoken) > len(emotions) / 2
    for emotion in spoken:
        assert sum(emotion.probabilities) == pytest.approx(1.0, abs=1e-5)
        assert sum(emotion.raw_probabilities) == pytest.approx(1.0, abs=1e-5)
        assert emotion.confidence == pytest.approx(max(emotion.probabilities), abs=0.3)
        named = emotion.label in model.info.labels
        assert named == (emotion.state == Emotion.STATE_EMOTION)
    by_stamp = {to_ns(window.header.stamp): window for window in features}
    assert set(stamps) <= set(by_stamp)
    assert features[0].feature_set == model.info.feature_set
    assert features[0].period_s == 0.5
    assert infos[-1].sha256 == model.info.sha256
    # Only now: who comes late learns it, too.
    ends = peer.listen(EndOfStream, 'audio/end_of_stream', qos.LATCHED)
    peer.wait_for(lambda: ends, 'end of the file', graph.values())
    assert (ends[0].source, ends[0].error) == (speech, '')
    assert ends[0].header.frame_id == 'microphone'
    # 12 s: the last one is number 18.
    assert 0 <= to_ns(ends[0].header.stamp) - stamps[0] - 18 * PERIOD_NS < PERIOD_NS


@pytest.mark.parametrize(
    'model, chunk_s', list(zip(available_models(), itertools.cycle((0.02, 0.14)))))
def test_the_graph_and_classify_agree(peer, start_graph, speech, model, chunk_s):
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    graph = start_graph(speech, '-p', 'loop:=false', '-p', 'realtime:=false',
                        '-p', 'model:=' + model, '-p', f'chunk_s:={chunk_s}')
    with Recognizer(model) as recognizer:
        expected = list(recognizer.classify(speech))
    peer.wait_for(lambda: len(emotions) >= len(expected), 'all windows', graph.values())
    assert [emotion.sequence for emotion in emotions] == [result.index for result in expected]
    for emotion, result in zip(emotions, expected):
        assert emotion.state == result.state
        assert emotion.label == result.label
        assert emotion.speech_probability == pytest.approx(result.speech_probability, abs=1e-4)
        np.testing.assert_allclose(emotion.probabilities, result.probabilities, atol=1e-4)
        np.testing.assert_allclose(emotion.raw_probabilities, result.raw_probabilities, atol=1e-4)


def test_ctrl_c_ends_every_node_without_a_traceback(peer, start_graph, speech):
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    graph = start_graph(speech)
    peer.wait_for(lambda: emotions, 'emotion', graph.values())
    for process in graph.values():
        assert process.interrupt() == 0
        assert 'Traceback' not in process.log()


@pytest.mark.parametrize('name', NODES)
def test_every_node_walks_the_whole_life_cycle(peer, start, speech, name):
    process = start(name, '-p', 'device:=' + speech)
    assert peer.state(name) == 'unconfigured'
    for transition, state in (
            (Transition.TRANSITION_CONFIGURE, 'inactive'),
            (Transition.TRANSITION_ACTIVATE, 'active'),
            (Transition.TRANSITION_DEACTIVATE, 'inactive'),
            (Transition.TRANSITION_ACTIVATE, 'active'),
            (Transition.TRANSITION_DEACTIVATE, 'inactive'),
            (Transition.TRANSITION_CLEANUP, 'unconfigured'),
            (Transition.TRANSITION_CONFIGURE, 'inactive'),
            (Transition.TRANSITION_ACTIVATE, 'active'),
            (Transition.TRANSITION_ACTIVE_SHUTDOWN, 'finalized')):
        assert peer.transition(name, transition), process.log()
        assert peer.state(name) == state
    assert process.interrupt() == 0
    assert 'Traceback' not in process.log()


@pytest.mark.parametrize('name', NODES)
def test_every_parameter_is_described(peer, start, name):
    start(name)
    assert peer.transition(name, Transition.TRANSITION_CONFIGURE)  # declares qos_overrides, too
    for descriptor in peer.describe_parameters(name):
        assert descriptor.description, descriptor.name
        numeric = descriptor.type in (2, 3)
        bounded = descriptor.integer_range or descriptor.floating_point_range
        assert bounded or not numeric or descriptor.read_only, descriptor.name


@pytest.mark.parametrize('name', NODES)
def test_a_transition_that_the_state_does_not_allow_is_refused(peer, start, name):
    """Lifecycle managers send such requests; rclpy's own answer is to end the process."""
    process = start(name)
    for transition in (Transition.TRANSITION_ACTIVATE, Transition.TRANSITION_CLEANUP, 99):
        assert not peer.transition(name, transition)
        assert peer.state(name) == 'unconfigured'
    assert 'is not possible while unconfigured' in process.log()
    assert process.running
