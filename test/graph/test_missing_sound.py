# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sound that does not come, or that others publish as well; values at the ends of their range."""

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from harness import chunks_of, diagnosis, quoted
from std_msgs.msg import Bool, Empty
from test_audio_in import CAPTURE_QOS, FEATURE_SET, INFO_QOS, NODE, Speaker

from ser_ros.nodes import qos
from ser_ros.nodes.audio_messages import AudioDataStamped, AudioInfo
from ser_ros.nodes.messages import Emotion, EndOfStream, ModelInfo, SpeechFeatures

LAST = 2**31 - 1
FIRST = -2**31
CHECKED = {'ROS_PYTHON_CHECK_FIELDS': '1'}


@pytest.fixture
def node(start, peer):
    process = start(NODE, '-p', 'autostart:=true', '-p', 'feature_set:=' + FEATURE_SET)
    peer.wait_active(NODE, processes=[process])
    return process


@pytest.mark.parametrize('names', [
    {'feature_extraction': 'sound'},
    {'emotion_inference': 'features', 'mitigation_responder': 'emotion'},
])
def test_what_does_not_come_is_a_warning(peer, start, names):
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    processes = {
        name: start(name, '-p', 'autostart:=true', '-p', 'feature_set:=' + FEATURE_SET)
        for name in names}
    for name, what in names.items():
        text = f'no {what} for '
        peer.wait_for(lambda name=name, text=text: diagnosis(diagnoses, name, message=text),
                      text, processes.values())
        assert diagnosis(diagnoses, name, message=text).level == DiagnosticStatus.WARN
        assert processes[name].log().count(text) == 1


def test_one_publisher_is_followed_and_the_other_one_is_named(peer, node, speech):
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    speaker = Speaker(peer, node)
    chunks = chunks_of(speech, 640)
    speaker.say(chunks[:150])
    first = len(speaker.wait_for_windows(1))
    stranger = peer.node.create_publisher(AudioDataStamped, 'audio/audio_stamped', CAPTURE_QOS)
    peer.wait_for(stranger.get_subscription_count, 'subscription', [node])
    for chunk in chunks[150:275]:
        message = AudioDataStamped()
        message.header.stamp.sec = 12345
        message.audio.data = chunk
        stranger.publish(message)
        speaker.say([chunk])
    assert len(speaker.wait_for_windows(first + 5)) == first + 5
    assert all(window.header.stamp.sec > 12345678 for window in speaker.windows)
    peer.wait_for(lambda: diagnosis(diagnoses, NODE, message='more than one publisher'),
                  'warning', [node])
    peer.wait_for(lambda: 'not the messages of /peer' in node.log(), 'line', [node])


@pytest.mark.parametrize('foreign', [
    {'coding_format': 'MP3'}, {'channels': 0}, {'channels': 2}, {'sample_rate': 4294967295}])
def test_the_format_of_a_stranger_is_refused_while_the_stream_works(peer, node, speech, foreign):
    speaker = Speaker(peer, node)
    chunks = chunks_of(speech, 640)
    speaker.say(chunks[:150])
    speaker.wait_for_windows(1)
    stranger = peer.node.create_publisher(AudioInfo, 'audio/audio_info', INFO_QOS)
    peer.wait_for(lambda: stranger.get_subscription_count() > 0, 'subscription', [node])
    stranger.publish(AudioInfo(**dict(
        {'channels': 1, 'sample_rate': 16000, 'sample_format': 'S16LE', 'coding_format': 'WAVE'},
        **foreign)))
    peer.wait_for(lambda: 'another publisher of audio/audio_info' in node.log(), 'line', [node])
    speaker.say(chunks[150:300])
    assert len(speaker.wait_for_windows(7)) == 7


def test_a_file_does_not_start_for_a_recorder_alone(peer, start, speech):
    recorded = peer.listen(AudioDataStamped, 'audio/audio_stamped', CAPTURE_QOS)
    windows = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    capture = start('audio_capture', '-p', 'autostart:=true', '-p', 'device:=' + quoted(speech))
    peer.wait_active('audio_capture', processes=[capture])
    peer.wait_for(lambda: diagnosis(diagnoses, 'audio_capture', message='the file waits'),
                  'warning', [capture])
    assert not recorded
    process = start(NODE, '-p', 'autostart:=true', '-p', 'feature_set:=' + FEATURE_SET)
    peer.wait_for(lambda: windows, 'window', [capture, process])
    assert windows[0].window_start == recorded[0].header.stamp


def test_lost_sound_is_in_the_features_and_the_diagnostics(peer, node, speech):
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    speaker = Speaker(peer, node)
    for index, chunk in enumerate(chunks_of(speech, 640)[:450]):
        if index % 50 >= 4:
            speaker.say([chunk])
        else:
            speaker._sent += len(chunk)
    windows = speaker.wait_for_windows(12)
    assert windows[-1].missing_share == pytest.approx(0.08, abs=0.03)
    assert windows[-1].lost_ms == pytest.approx(600, abs=100)
    peer.wait_for(lambda: diagnosis(diagnoses, NODE, message='of the latest sound is lost'),
                  'warning', [node])


def extremes(message_class):
    """Yield messages with values at the ends of their types."""
    for sec, nanosec in ((LAST, 2**32 - 1), (FIRST, 0), (LAST, 0), (0, 2**32 - 1)):
        message = message_class()
        for stamped in (message, getattr(message, 'header', None)):
            for name in ('stamp', 'window_start'):
                if hasattr(stamped, name):
                    getattr(stamped, name).sec = sec
                    getattr(stamped, name).nanosec = nanosec
        for name, kind in message_class.get_fields_and_field_types().items():
            if kind in ('uint8', 'uint16', 'uint32'):
                setattr(message, name, 2**int(kind[4:]) - 1 if sec else 0)
            elif kind == 'float':
                setattr(message, name, float('nan') if sec else float('inf'))
            elif kind == 'string':
                setattr(message, name, '\U0001f600' * 1000)
        yield message


def test_no_value_of_any_field_ends_a_node(peer, start, speech):
    """With the checks of fields that Humble always makes."""
    topics = {
        'audio/audio_info': (AudioInfo, INFO_QOS), 'audio/end_of_stream': (EndOfStream, INFO_QOS),
        'model_info': (ModelInfo, INFO_QOS), 'features': (SpeechFeatures, qos.FEATURES),
        'emotion': (Emotion, qos.EMOTION)}
    processes = [start(name, '-p', 'autostart:=true', env=CHECKED) for name in (
        'mitigation_responder', 'emotion_inference', 'feature_extraction')]
    peer.wait_active('mitigation_responder', 'emotion_inference', 'feature_extraction')
    speaker = Speaker(peer, processes[2])
    chunks = chunks_of(speech, 640)
    speaker.say(chunks[:150])
    speaker.wait_for_windows(1)
    features = speaker.windows[0]
    for sec in (LAST, FIRST, LAST - 1):
        for shift in range(200):
            message = AudioDataStamped()
            # Goes on for 4 s, beyond what a stamp in order can hold.
            message.header.stamp.sec, message.header.stamp.nanosec = sec, shift * 20000000
            message.audio.data = chunks[shift]
            speaker._audio.publish(message)
    for topic, (message_class, profile) in topics.items():
        publisher = peer.node.create_publisher(message_class, topic, profile)
        peer.wait_for(publisher.get_subscription_count, 'subscription', processes)
        for message in extremes(message_class):
            publisher.publish(message)
            if message_class is SpeechFeatures:
                message.feature_set, message.shape = features.feature_set, features.shape
                message.data = features.data
                message.speech_probability, message.missing_share = 1.0, 0.0
                publisher.publish(message)
            if message_class is Emotion:
                message.state, message.confidence, message.label = 2, 1.0, 'anger'
                message.labels, message.probabilities = ['anger'], [1.0]
                publisher.publish(message)
        assert publisher.wait_for_all_acked()
        peer.node.destroy_publisher(publisher)
    for topic, message in (('robot_speaking', Bool(data=True)), ('person_changed', Empty())):
        publisher = peer.node.create_publisher(type(message), topic, 10)
        publisher.publish(message)
    for name in ('mitigation_responder', 'emotion_inference', 'feature_extraction'):
        assert peer.state(name) == 'active', [process.log() for process in processes]
    for process in processes:
        assert process.running
        assert 'Traceback' not in process.log(), process.log()
