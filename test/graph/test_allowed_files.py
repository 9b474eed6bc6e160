# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Somebody in the network names files while the nodes run."""

import os
import shutil

import pytest
from harness import quoted
from lifecycle_msgs.msg import Transition
from std_srvs.srv import Trigger
from waveform_model import write_waveform_model

from ser_ros.resources import share_path

RESPONDER, INFERENCE, CAPTURE = 'mitigation_responder', 'emotion_inference', 'audio_capture'


@pytest.fixture
def folder(tmp_path):
    """Return the allowed folder, which is not that of the values at the start."""
    folder = tmp_path / 'allowed'
    folder.mkdir()
    return folder


def allowed(folder):
    return '-p', f'allowed_folders:=[{quoted(folder)}]'


def point(link, target):
    """Let a link lead somewhere else at once."""
    os.symlink(str(target), f'{link}.new')
    os.replace(f'{link}.new', str(link))


def refused(result):
    return not result[0] and 'outside of allowed_folders' in result[1]


def test_a_mitigation_file(peer, start, tmp_path, folder):
    own, other, link = tmp_path / 'own.yaml', folder / 'other.yaml', folder / 'link.yaml'
    for path in own, other, tmp_path / 'secret.yaml':
        shutil.copy(share_path('config', 'mitigation.yaml'), str(path))
    process = start(RESPONDER, '-p', 'autostart:=true', '-p', 'config:=' + quoted(own),
                    *allowed(folder))
    peer.wait_active(RESPONDER, processes=[process])
    for path in '/etc/shadow', tmp_path / 'secret.yaml', f'{folder}/../secret.yaml':
        result = peer.set_parameter(RESPONDER, 'config', str(path))
        assert refused(result) and str(path) in result[1] and str(folder) in result[1]
    point(link, tmp_path / 'secret.yaml')
    assert refused(peer.set_parameter(RESPONDER, 'config', str(link)))
    point(link, other)
    for path in other, link:
        assert peer.set_parameter(RESPONDER, 'config', str(path)) == (True, '')
    # It leads out of the folder by the time the file is read again.
    point(link, tmp_path / 'secret.yaml')
    answer = peer.call(Trigger, RESPONDER + '/reload', Trigger.Request())
    assert refused((answer.success, answer.message))
    assert peer.set_parameter(RESPONDER, 'config', str(own)) == (True, '')
    assert peer.call(Trigger, RESPONDER + '/reload', Trigger.Request()).success
    done, reason = peer.set_parameter(RESPONDER, 'allowed_folders', ['/'])
    assert not done and 'only be set when the node is started' in reason


def test_a_model_and_its_files(peer, start, tmp_path, folder):
    model = write_waveform_model(folder / 'm', 4)
    elsewhere = write_waveform_model(tmp_path / 'secret', 4)
    process = start(INFERENCE, *allowed(folder))
    for name, value in (('model', elsewhere), ('engine_cache', '/tmp'),
                        ('voice', '/etc/shadow')):
        assert refused(peer.set_parameter(INFERENCE, name, str(value))), name
    for name, value in (('model', 'small'), ('voice', 'anna'), ('engine_cache', str(folder)),
                        ('model', str(model))):
        assert peer.set_parameter(INFERENCE, name, value) == (True, ''), name
    file = os.path.join(str(model), 'fp32.onnx')
    point(file, os.path.join(str(elsewhere), 'fp32.onnx'))
    assert not peer.transition(INFERENCE, Transition.TRANSITION_CONFIGURE)
    assert 'outside of allowed_folders' in process.log()


def test_a_sound_file(peer, start, tmp_path, folder, speech):
    mine = folder / 'sound.wav'
    shutil.copy(speech, str(mine))
    process = start(CAPTURE, *allowed(folder))
    assert refused(peer.set_parameter(CAPTURE, 'device', speech))
    assert peer.set_parameter(CAPTURE, 'device', 'USB') == (True, '')
    assert peer.set_parameter(CAPTURE, 'device', str(mine)) == (True, '')
    assert peer.transition(CAPTURE, Transition.TRANSITION_CONFIGURE)
    point(mine, speech)
    assert not peer.transition(CAPTURE, Transition.TRANSITION_ACTIVATE)
    assert 'outside of allowed_folders' in process.log()
    os.unlink(str(mine))
    shutil.copy(speech, str(mine))
    assert peer.transition(CAPTURE, Transition.TRANSITION_ACTIVATE), process.log()
