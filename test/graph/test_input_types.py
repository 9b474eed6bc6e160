# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""feature_extraction hears the sound messages of both packages of the name audio_common_msgs."""

import os
import subprocess
import sys
import time

import built_messages
import numpy as np
import pytest
import soundfile
from harness import NODES, chunks_of
from rclpy.qos import DurabilityPolicy, QoSProfile

from ser_ros.nodes import qos
from ser_ros.nodes.messages import SpeechFeatures
from ser_ros.nodes.stamps import to_ns

NODE = 'feature_extraction'
ARGUMENTS = ('-p', 'autostart:=true', '-p', 'feature_set:=mel_f0_level/1')
# Publishes S16LE samples as the messages of the other package, at their speed.
SPEAK = '''
import sys, time
import numpy as np
import rclpy
from rclpy.qos import qos_profile_sensor_data
import audio_common_msgs.msg as m

name, topic, number, field, dtype, scale, path = sys.argv[1:]
number, scale = int(number), float(scale)
rclpy.init()
node = rclpy.create_node('audio_capturer_node')
kind = getattr(m, name)
publisher = node.create_publisher(
    kind, topic, qos_profile_sensor_data if name == 'AudioStamped' else 10)
samples = np.load(path)
while not publisher.get_subscription_count():
    time.sleep(0.05)
start_s, index = time.monotonic(), 0
while True:
    block = samples[index % len(samples):][:512]
    values = (block * scale + (128 if dtype == 'uint8' else 0)).astype(dtype)
    data = m.AudioData(**{field: values.tolist()})
    message = data
    if name == 'AudioStamped':
        message = m.AudioStamped()
        message.header.stamp = node.get_clock().now().to_msg()
        message.header.frame_id = 'head'
        message.audio.audio_data = data
        message.audio.info = m.AudioInfo(format=number, channels=1, rate=16000, chunk=512)
    publisher.publish(message)
    index += 512
    time.sleep(max(0, start_s + index / 16000 - time.monotonic()))
'''


@pytest.fixture(scope='session')
def other_package():
    """What to add to the environment of processes that are to have whisper_ros' messages."""
    return built_messages.environment('other_interfaces')


@pytest.fixture
def speak(other_package, speech, tmp_path):
    """Return a function that starts a publisher of speech in the other messages."""
    path = tmp_path / 'speech.npy'
    np.save(str(path), soundfile.read(speech, dtype='float32')[0][:256 * 512])
    speakers = []

    def speak(name, topic, *form):
        speakers.append(subprocess.Popen(
            [sys.executable, '-c', SPEAK, name, topic, *map(str, form), str(path)],
            env=dict(os.environ, **other_package)))

    yield speak
    for speaker in speakers:
        speaker.kill()
        speaker.wait()


FORMS = {'float32': (1, 'float32_data', 'float32', 1.0), 'int16': (8, 'int16_data', 'int16', 32767),
         'uint8': (32, 'uint8_data', 'uint8', 127)}


@pytest.mark.parametrize('form, input_type', [
    ('float32', 'auto'), ('int16', 'auto'), ('uint8', 'AudioStamped')])
def test_the_stamped_sound_of_whisper_ros(peer, start, other_package, speak, form, input_type):
    windows = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    process = start(NODE, *ARGUMENTS, '-p', 'input_type:=' + input_type, env=other_package)
    speak('AudioStamped', 'audio', *FORMS[form])
    peer.wait_for(lambda: len(windows) >= 5, 'windows', [process])
    assert windows[0].header.frame_id == 'head'
    assert any(window.speech_probability > 0.5 for window in windows)
    assert abs(to_ns(windows[0].header.stamp) - time.time_ns()) < 60e9


def test_the_sound_without_stamps_of_whisper_ros(peer, start, other_package, speak):
    windows = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    process = start(NODE, *ARGUMENTS, '-p', 'input_type:=AudioData', '-p', 'input_rate_hz:=16000',
                    env=other_package)
    speak('AudioData', 'audio/audio', *FORMS['int16'])
    peer.wait_for(lambda: len(windows) >= 5, 'windows', [process])
    assert any(window.speech_probability > 0.5 for window in windows)
    assert abs(to_ns(windows[0].header.stamp) - time.time_ns()) < 60e9


def test_a_number_of_a_format_that_the_message_cannot_hold(peer, start, other_package, speak):
    """24 bits have a number of PortAudio, but no list."""
    process = start(NODE, *ARGUMENTS, env=other_package)
    speak('AudioStamped', 'audio', 4, 'int16_data', 'int16', 32767)
    peer.wait_for(lambda: 'the format of the audio is 4; allowed' in process.log(), 'complaint',
                  [process])


@pytest.mark.parametrize('parameters, reason', [
    (['input_type:=AudioDataStamped'], 'is another package with this name'),
    (['input_type:=AudioData'], 'set input_rate_hz')])
def test_what_the_other_package_cannot_give(peer, start, other_package, parameters, reason):
    arguments = [word for parameter in parameters for word in ('-p', parameter)]
    process = start(NODE, *ARGUMENTS, *arguments, env=other_package)
    peer.wait_for(lambda: reason in process.log(), 'complaint', [process])
    assert peer.state(NODE) == 'unconfigured'
    assert 'Traceback' not in process.log()


def test_only_audio_capture_needs_the_messages_of_ros_drivers(peer, start, other_package):
    graph = {name: start(name, '-p', 'autostart:=true', env=other_package) for name in NODES}
    capture = graph.pop('audio_capture')
    assert capture.wait() != 0
    assert 'is another package with this name' in capture.log()
    assert 'Traceback' not in capture.log()
    peer.wait_active(*graph, processes=graph.values())


def test_the_other_type_is_not_there(peer, start):
    process = start(NODE, *ARGUMENTS, '-p', 'input_type:=AudioStamped')
    peer.wait_for(lambda: 'only the audio_common_msgs of whisper_ros has' in process.log(),
                  'complaint', [process])
    assert peer.state(NODE) == 'unconfigured'


@pytest.mark.parametrize('parameters', [
    [], ['-p', 'input_rate_hz:=16000', '-p', 'input_sample_format:=S16LE']])
def test_sound_without_stamps(peer, start, speech, parameters):
    from audio_common_msgs.msg import AudioData, AudioInfo
    windows = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    process = start(NODE, *ARGUMENTS, '-p', 'input_type:=AudioData', *parameters)
    if not parameters:
        info = peer.node.create_publisher(AudioInfo, 'audio/audio_info', QoSProfile(
            depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
        info.publish(AudioInfo(
            channels=1, sample_rate=16000, sample_format='S16LE', coding_format='WAVE'))
    audio = peer.node.create_publisher(AudioData, 'audio/audio', 10)
    peer.wait_for(audio.get_subscription_count, 'subscription', [process])
    start_s = time.monotonic()
    # Twenty at a time, as after a stall of the network.
    for index, chunk in enumerate(chunks_of(speech, 640)):
        audio.publish(AudioData(data=chunk))
        if index % 20 == 19:
            time.sleep(max(0.0, start_s + index * 0.02 - time.monotonic()))
    peer.wait_for(lambda: len(windows) >= 6, 'windows', [process])
    assert abs(to_ns(windows[0].header.stamp) - time.time_ns()) < 60e9
    assert any(window.speech_probability > 0.5 for window in windows)
