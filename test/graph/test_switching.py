# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Changing precision and backend while the graph runs: nothing is lost, nothing is pretended."""

import os
import shutil
import subprocess
import sys

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from harness import diagnosis, quoted

from ser_ros.inference.model_file import PRECISIONS, Model, available_models
from ser_ros.nodes import qos
from ser_ros.nodes.messages import Emotion, ModelInfo
from ser_ros.nodes.parameters import load_defaults

NODE = 'emotion_inference'
ROUNDS = 10  # through all precisions
# Peak of the second half of them over that of the first: no 15 sessions with 5 MB or more each.
MOST_GROWN_MB = 40.0


@pytest.fixture
def model():
    return Model(load_defaults(NODE)['model'])


def check_nothing_lost(emotions):
    assert [emotion.sequence for emotion in emotions] == list(range(len(emotions)))


def wait_for_precision(peer, messages, precision, graph):
    peer.wait_for(lambda: messages[-1].precision == precision, precision, graph.values())


def resident_mb(process):
    with open(f'/proc/{process.pid}/statm') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE') / 1e6


@pytest.mark.parametrize('name', available_models())
def test_every_stored_precision_can_be_switched_to_and_back(peer, start_graph, speech, name):
    model = Model(name)
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    infos = peer.listen(ModelInfo, 'model_info', qos.LATCHED)
    graph = start_graph(speech, '-p', 'realtime:=false', '-p', 'model:=' + name)
    for precision in model.precisions[1:] + model.precisions[:1]:
        peer.wait_for(lambda: emotions, 'first emotion', graph.values())
        assert peer.set_parameter(NODE, 'precision', precision) == (True, '')
        wait_for_precision(peer, emotions, precision, graph)
        wait_for_precision(peer, infos, precision, graph)
        assert infos[-1].sha256 == Model(model.path(precision)).info.sha256
        assert peer.get_parameter(NODE, 'precision') == precision
    seen = len(emotions)
    peer.wait_for(lambda: len(emotions) > seen + 4, 'more emotions', graph.values())
    check_nothing_lost(emotions)


def test_tens_of_switches_at_ten_windows_a_second(peer, start_graph, speech):
    """As users do it: by the service. Each window is answered once, in order, by what serves."""
    model = Model(max(available_models(), key=lambda name: len(Model(name).precisions)))
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    graph = start_graph(speech, '-p', 'model:=' + quoted(model.info.name), '-p', 'period:=0.1')
    peer.wait_for(lambda: emotions, 'first emotion', graph.values())
    sizes_mb = []
    for precision in ROUNDS * (model.precisions[1:] + model.precisions[:1]):
        assert peer.set_parameter(NODE, 'precision', precision) == (True, '')
        wait_for_precision(peer, emotions, precision, graph)
        sizes_mb.append(resident_mb(graph[NODE]))
    check_nothing_lost(emotions)
    half = len(sizes_mb) // 2
    assert max(sizes_mb[half:]) < max(sizes_mb[:half]) + MOST_GROWN_MB


def test_another_backend_takes_over_and_no_window_is_lost(peer, start_graph, speech):
    pytest.importorskip('torch')
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    # pytorch does not run the default model's operators, see its refusal.
    graph = start_graph(speech, '-p', 'model:=small')
    peer.wait_for(lambda: emotions, 'first emotion', graph.values())
    for backend in ('pytorch', 'onnxruntime'):
        assert peer.set_parameter(NODE, 'backend', backend) == (True, '')
        peer.wait_for(lambda backend=backend: emotions[-1].backend == backend, backend,
                      graph.values())
    check_nothing_lost(emotions)


def test_asking_what_a_backend_offers_loads_nothing():
    script = (
        'import sys\n'
        'from ser_ros.inference.registry import BACKENDS\n'
        'from ser_ros.inference.model_file import Model\n'
        f"model = Model({load_defaults(NODE)['model']!r})\n"
        'backends = [BACKENDS[name] for name in BACKENDS]\n'
        'offered = [backend.precisions(model) for backend in backends\n'
        '           if backend.unavailable_reason() is None]\n'
        'assert offered and all(offered), offered\n'
        'sys.exit("torch" in sys.modules or "onnxruntime" in sys.modules)\n')
    assert subprocess.call([sys.executable, '-c', script], cwd='/') == 0


def test_an_impossible_value_is_refused_at_once(peer, start, model):
    process = start(NODE, '-p', 'autostart:=true')
    peer.wait_active(NODE, processes=[process])
    for name, value, reason in (
            ('precision', 'fp8', 'allowed: fp32, fp16, int8'),
            ('backend', 'abacus', 'allowed: auto'),
            ('backend', 'tensorrt', 'tensorrt'),
            ('min_confidence', 2.0, 'range'),
            ('min_confidence', -0.5, "allowed: a number from 0 to 1, or -1 for the model's own"),
            ('model', 'other', 'only be set while the node is unconfigured'),
            ('threads', 2, 'only be set while the node is unconfigured'),
            *[('precision', name, 'in ' + name + '; allowed:') for name in PRECISIONS
              if name not in model.precisions]):
        before = peer.get_parameter(NODE, name)
        successful, given_reason = peer.set_parameter(NODE, name, value)
        assert not successful
        assert reason in given_reason
        assert peer.get_parameter(NODE, name) == before


def test_a_switch_that_fails_puts_the_parameter_back(
        peer, start_graph, speech, model, tmp_path):
    precision = model.precisions[-1]
    folder = tmp_path / 'model'
    folder.mkdir()
    for stored in model.precisions:
        shutil.copy(model.path(stored), str(folder / (stored + '.onnx')))
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    diagnostics = peer.listen(DiagnosticArray, '/diagnostics', qos.DIAGNOSTICS)
    graph = start_graph(speech, '-p', 'model:=' + quoted(folder), '-p', 'realtime:=false')
    peer.wait_for(lambda: emotions, 'first emotion', graph.values())
    # It was there when the model was looked at, and is broken when it is wanted.
    (folder / (precision + '.onnx')).write_bytes(b'no model any more')
    assert peer.set_parameter(NODE, 'precision', precision) == (True, '')
    peer.wait_for(lambda: peer.get_parameter(NODE, 'precision') == 'fp32', 'parameter put back',
                  graph.values())
    peer.wait_for(lambda: precision + '.onnx is not an ONNX model' in graph[NODE].log(),
                  'reason', graph.values())
    reason = f'switching to auto/{precision} failed: '
    peer.wait_for(lambda: diagnosis(diagnostics, NODE, message=reason), 'diagnosis',
                  graph.values())
    status = diagnosis(diagnostics, NODE, message=reason)
    assert status.level == DiagnosticStatus.WARN
    assert 'is not an ONNX model' in status.message
    seen = len(emotions)
    peer.wait_for(lambda: len(emotions) > seen + 4, 'more emotions', graph.values())
    check_nothing_lost(emotions)
    assert {emotion.precision for emotion in emotions} == {'fp32'}


def test_files_that_change_under_a_running_node(peer, start, tmp_path):
    """Another model's file is refused; what is loaded needs no file."""
    from lifecycle_msgs.msg import Transition
    for precision in ('fp32', 'int8'):
        shutil.copy(Model('small').path(precision), str(tmp_path / (precision + '.onnx')))
    digest = Model(str(tmp_path)).info.sha256
    infos = peer.listen(ModelInfo, 'model_info', qos.LATCHED)
    process = start(NODE, '-p', 'autostart:=true', '-p', 'model:=' + quoted(tmp_path))
    peer.wait_active(NODE, processes=[process])
    shutil.copy(Model('voice').path('int8'), str(tmp_path / 'int8.onnx'))
    assert peer.set_parameter(NODE, 'precision', 'int8') == (True, '')
    peer.wait_for(lambda: 'not the same model: name' in process.log(), 'reason', [process])
    peer.wait_for(lambda: peer.get_parameter(NODE, 'precision') == 'fp32', 'put back', [process])
    (tmp_path / 'fp32.onnx').unlink()
    for transition in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE):
        seen = len(infos)
        assert peer.transition(NODE, transition), process.log()
    peer.wait_for(lambda: len(infos) > seen, 'model_info', [process])
    assert infos[-1].sha256 == digest
    for transition in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP):
        assert peer.transition(NODE, transition), process.log()
    assert not peer.transition(NODE, Transition.TRANSITION_CONFIGURE)
    assert 'Traceback' not in process.log()


def test_while_unconfigured_and_inactive(peer, start, model):
    """Unconfigured: kept for the next configuration. Inactive: opened at once."""
    from lifecycle_msgs.msg import Transition
    infos = peer.listen(ModelInfo, 'model_info', qos.LATCHED)
    process = start(NODE)
    precision = model.precisions[-1]
    assert peer.set_parameter(NODE, 'precision', precision)[0]
    assert peer.transition(NODE, Transition.TRANSITION_CONFIGURE), process.log()
    assert peer.transition(NODE, Transition.TRANSITION_ACTIVATE)
    peer.wait_for(lambda: infos and infos[-1].precision == precision, precision, [process])
    assert peer.transition(NODE, Transition.TRANSITION_DEACTIVATE)
    assert peer.set_parameter(NODE, 'precision', 'fp32')[0]
    peer.wait_for(lambda: 'now running on onnxruntime in fp32' in process.log(), 'fp32', [process])
    assert peer.transition(NODE, Transition.TRANSITION_ACTIVATE)
    peer.wait_for(lambda: infos[-1].precision == 'fp32', 'fp32', [process])


def test_thresholds_hold_at_once(peer, start_graph, speech):
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    graph = start_graph(speech, '-p', 'realtime:=false')
    peer.wait_for(lambda: any(emotion.state == Emotion.STATE_EMOTION for emotion in emotions),
                  'an emotion', graph.values())
    assert peer.set_parameter(NODE, 'min_confidence', 1.0)[0]
    seen = len(emotions)
    peer.wait_for(lambda: len(emotions) > seen + 4, 'more emotions', graph.values())
    assert all(emotion.state != Emotion.STATE_EMOTION for emotion in emotions[seen + 2:])
    assert peer.set_parameter(NODE, 'min_confidence', -1.0)[0]
    seen = len(emotions)
    peer.wait_for(lambda: any(emotion.state == Emotion.STATE_EMOTION
                              for emotion in emotions[seen + 2:]),
                  "an emotion by the model's own threshold", graph.values())


def test_a_subset_of_the_emotions(peer, start_graph, speech):
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    main = ['happiness', 'anger', 'sadness', 'neutral']
    graph = start_graph(
        speech, '-p', f"emotions:=[{','.join(main)}]", '-p', 'realtime:=false')
    peer.wait_for(lambda: any(emotion.confidence for emotion in emotions), 'speech',
                  graph.values())
    assert emotions[-1].labels == main
    assert len(emotions[-1].probabilities) == 4
