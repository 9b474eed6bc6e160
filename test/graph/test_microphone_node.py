# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The capture node on a real PortAudio device."""

import shutil

import alsa_device
import numpy as np
import pytest
import soundfile
from lifecycle_msgs.msg import Transition

from ser_ros.nodes import qos
from ser_ros.nodes.audio_messages import AudioDataStamped, AudioInfo
from ser_ros.nodes.stamps import to_ns

NODE = 'audio_capture'


@pytest.fixture
def microphone(tmp_path, speech):
    missing = alsa_device.missing()
    if missing:
        pytest.skip(missing)
    samples, _ = soundfile.read(speech, dtype='int16')
    return alsa_device.environment(tmp_path, samples)


@pytest.mark.parametrize('device', ['', alsa_device.NAME])
def test_what_the_microphone_hears_is_published(peer, start, microphone, speech, device):
    chunks = peer.listen(AudioDataStamped, 'audio/audio_stamped', qos.AUDIO)
    infos = peer.listen(AudioInfo, 'audio/audio_info', qos.LATCHED)
    process = start(NODE, '-p', 'autostart:=true', '-p', f"device:='{device}'",
                    env=microphone)
    peer.wait_for(lambda: len(chunks) >= 100, '2 s of sound', [process])
    info = infos[0]
    assert (info.channels, info.sample_rate, info.sample_format, info.coding_format) == (
        1, 16000, 'S16LE', 'WAVE')
    assert {len(chunk.audio.data) for chunk in chunks} == {640}
    stamps_ns = [to_ns(chunk.header.stamp) for chunk in chunks]
    assert np.mean(np.diff(stamps_ns)) == pytest.approx(2e7, rel=0.05)
    heard = np.frombuffer(b''.join(bytes(chunk.audio.data) for chunk in chunks), '<i2')
    assert np.abs(heard).max() > 1000
    assert process.interrupt() == 0
    assert 'Traceback' not in process.log()


def test_a_missing_device_is_named_with_those_that_are_there(peer, start, microphone):
    process = start(NODE, '-p', 'autostart:=true', '-p', "device:='no such thing'",
                    env=microphone)
    peer.wait_for(lambda: 'no such thing' in process.log(), 'complaint', [process])
    assert alsa_device.NAME in process.log()
    assert peer.state(NODE) == 'inactive'
    assert 'Traceback' not in process.log()


def test_what_is_missing_at_the_start_is_tried_again_until_somebody_takes_over(
        peer, start, speech, tmp_path):
    path = tmp_path / 'later.wav'
    process = start(NODE, '-p', 'autostart:=true', '-p', f"device:='{path}'")
    peer.wait_for(lambda: 'later.wav' in process.log(), 'complaint', [process])
    assert peer.state(NODE) == 'inactive'
    shutil.copy(speech, str(path))
    peer.wait_active(NODE, processes=[process])
    assert process.log().count('[ERROR]') == 1
    assert peer.transition(NODE, Transition.TRANSITION_DEACTIVATE)
    assert peer.state(NODE) == 'inactive'
