# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An engine that takes long to build: told in diagnostics and log, while the old one serves."""

import pathlib
import sys

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from harness import diagnosis
from lifecycle_msgs.msg import Transition

from ser_ros.nodes import qos
from ser_ros.nodes.messages import ModelInfo

NODE = 'emotion_inference'
SCRIPT = pathlib.Path(__file__).with_name('building_node.py')
STEPS = ('0', '50', '100')  # percent
BUILDING = 'building with 64 MiB for /engines'


@pytest.fixture
def start_node(start, tmp_path):
    """Return a function that starts the node whose builds wait for files in ``tmp_path``."""
    executable = tmp_path / 'node'
    executable.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{SCRIPT}" "$@"\n')
    executable.chmod(0o755)

    def start_node(backend):
        return start(
            str(executable), '-p', 'autostart:=true', '-p', 'backend:=' + backend,
            '-p', 'workspace_mib:=64', '-p', "engine_cache:='/engines'",
            env={'BUILD_FOLDER': str(tmp_path)})

    return start_node


@pytest.fixture
def diagnostics(peer):
    return peer.listen(DiagnosticArray, '/diagnostics', qos.DIAGNOSTICS)


@pytest.mark.parametrize('fails', [False, True])
def test_progress_is_told_and_the_old_one_serves(peer, start_node, diagnostics, tmp_path, fails):
    if fails:
        (tmp_path / 'fail').touch()
    infos = peer.listen(ModelInfo, 'model_info', qos.LATCHED)
    process = start_node('onnxruntime')
    peer.wait_for(lambda: infos, 'model info', [process])
    assert peer.set_parameter(NODE, 'backend', 'tensorrt') == (True, '')
    for step, percent in enumerate(STEPS):
        text = f'{BUILDING}: {percent} %'
        peer.wait_for(lambda text=text, percent=percent: diagnosis(
            diagnostics, NODE, building=BUILDING, percent=percent, message=text,
            backend='onnxruntime'), text, [process])
        assert text in process.log()
        (tmp_path / str(step)).touch()
    if fails:
        peer.wait_for(lambda: peer.get_parameter(NODE, 'backend') == 'onnxruntime',
                      'parameter put back', [process])
        reason = 'switching to tensorrt/fp32 failed: no memory for the engine'
        peer.wait_for(lambda: diagnosis(
            diagnostics, NODE, message=reason, building='', percent=''), reason, [process])
        status = diagnosis(diagnostics, NODE, message=reason, building='', percent='')
        assert status.level == DiagnosticStatus.WARN
        assert reason in process.log()
    else:
        peer.wait_for(lambda: 'now running' in process.log(), 'switch', [process])
        peer.wait_for(lambda: diagnosis(
            diagnostics, NODE, message='active', building='', percent=''), 'end', [process])
        assert peer.get_parameter(NODE, 'backend') == 'tensorrt'


@pytest.mark.parametrize('backend', ['auto', 'tensorrt'])
def test_a_build_that_fails_at_the_start(peer, start_node, diagnostics, tmp_path, backend):
    """With auto the CPU serves, and the diagnostics say why; tensorrt alone is not replaced."""
    for name in ('0', '1', '2', 'fail'):
        (tmp_path / name).touch()
    process = start_node(backend)
    if backend == 'auto':
        reason = 'using onnxruntime because tensorrt failed: no memory for the engine'
        peer.wait_for(lambda: diagnosis(
            diagnostics, NODE, message=reason, state='active', backend='onnxruntime'),
            reason, [process])
        assert reason in process.log()
    else:
        peer.wait_for(lambda: diagnosis(
            diagnostics, NODE, message='no memory for the engine', state='unconfigured'),
            'reason', [process])


def test_a_build_while_configuring_is_told(peer, start_node, diagnostics, tmp_path):
    for step in ('1', '2'):
        (tmp_path / step).touch()
    process = start_node('tensorrt')
    peer.wait_for(lambda: diagnosis(
        diagnostics, NODE, building=BUILDING, percent='0', state='configuring'),
        'progress', [process])
    (tmp_path / '0').touch()
    peer.wait_active(NODE, processes=[process])


def test_ctrl_c_ends_a_build_while_configuring(peer, start_node, diagnostics):
    process = start_node('auto')
    peer.wait_for(lambda: diagnosis(
        diagnostics, NODE, building=BUILDING, state='configuring'), 'progress', [process])
    assert process.interrupt() == 0
    assert 'it was cancelled' in process.log()
    assert 'using onnxruntime' not in process.log() and 'Traceback' not in process.log()


def test_what_is_overtaken_or_cleaned_up_is_not_built_to_its_end(peer, start_node, diagnostics):
    infos = peer.listen(ModelInfo, 'model_info', qos.LATCHED)
    process = start_node('onnxruntime')
    peer.wait_for(lambda: infos, 'model info', [process])

    def build():
        assert peer.set_parameter(NODE, 'backend', 'tensorrt') == (True, '')
        peer.wait_for(lambda: diagnosis(
            diagnostics, NODE, building=BUILDING, backend='onnxruntime'), 'build', [process])

    build()
    assert peer.set_parameter(NODE, 'backend', 'onnxruntime') == (True, '')
    peer.wait_for(lambda: 'now running on onnxruntime' in process.log(), 'old one', [process])
    assert peer.get_parameter(NODE, 'backend') == 'onnxruntime'
    diagnostics.clear()
    build()
    assert peer.transition(NODE, Transition.TRANSITION_DEACTIVATE)
    assert peer.transition(NODE, Transition.TRANSITION_CLEANUP)
    diagnostics.clear()
    peer.wait_for(lambda: diagnosis(
        diagnostics, NODE, building='', percent='', state='unconfigured'), 'end', [process])
    assert 'no change' not in process.log() and 'Traceback' not in process.log()
