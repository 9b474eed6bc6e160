# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sound that does not come, or that others publish as well; values at the ends of their range."""

import math
import re
import time

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from harness import chunks_of, diagnosis, quoted
from std_msgs.msg import Bool, Empty
from test_audio_in import (
    CAPTURE_QOS,
    FEATURE_SET,
    INFO_QOS,
    NODE,
    START_NS,
    WINDOW_SAMPLES,
    Speaker,
)

from ser_ros.nodes import qos
from ser_ros.nodes.audio_messages import AudioDataStamped, AudioInfo
from ser_ros.nodes.messages import Emotion, EndOfStream, ModelInfo, SpeechFeatures
from ser_ros.nodes.stamps import to_ns

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


@pytest.mark.parametrize('offset_s', [-3600, 7200, None])
def test_stamps_of_another_clock(peer, start, speech, offset_s):
    """They are stated once, and the robot's voice is muted all the same; None: monotonic."""
    processes = [start(name, '-p', 'autostart:=true') for name in ('emotion_inference', NODE)]
    peer.wait_active('emotion_inference', NODE, processes=processes)
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    speaking = peer.node.create_publisher(Bool, 'robot_speaking', 10)
    peer.wait_for(speaking.get_subscription_count, 'subscription', processes)
    speaker = Speaker(peer, processes[1])
    start_ns = (time.monotonic_ns() if offset_s is None else
                peer.node.get_clock().now().nanoseconds + offset_s * 10**9)
    chunks, sent_ns = chunks_of(speech, 640), peer.node.get_clock().now().nanoseconds
    speaker.say(chunks[:150], start_ns=start_ns)
    heard = len(speaker.wait_for_windows(1))
    text = 'the stamps are of another clock, '
    peer.wait_for(lambda: diagnosis(diagnoses, NODE, message=text), 'warning', processes)
    status = diagnosis(diagnoses, NODE, message=text)
    assert status.level == DiagnosticStatus.WARN
    stated, side = re.search(text + r'([\d.]+) s (behind|ahead of)', status.message).groups()
    true_s = (start_ns - sent_ns) / 1e9
    assert float(stated) * (-1 if side == 'behind' else 1) == pytest.approx(true_s, abs=30)
    speaking.publish(Bool(data=True))
    assert speaking.wait_for_all_acked()
    speaker.say(chunks[150:250], start_ns=start_ns)
    windows = speaker.wait_for_windows(heard + 4)
    assert [window.muted for window in windows] == [False] * heard + [True] * 4
    peer.wait_for(lambda: len(emotions) >= heard + 4, 'emotions', processes)
    assert all(math.isnan(emotion.latency_s) for emotion in emotions)
    assert processes[1].log().count(text) == 1


def test_digital_zeros_are_a_warning(peer, node, speech):
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    speaker = Speaker(peer, node)
    zeros = bytes(640)
    speaker.say([zeros] * 450)
    speaker.wait_for_windows(13)
    assert diagnosis(diagnoses, NODE, message='digital zeros') is None  # not yet 10 s
    speaker.say([zeros] * 200)
    text = 'holds nothing but digital zeros for'
    peer.wait_for(lambda: diagnosis(diagnoses, NODE, message=text), 'warning', [node])
    assert diagnosis(diagnoses, NODE, message=text).level == DiagnosticStatus.WARN
    speaker.say(chunks_of(speech, 640)[:200])
    diagnoses.clear()
    peer.wait_for(lambda: diagnosis(diagnoses, NODE) and not diagnosis(
        diagnoses, NODE, message=text), 'end of the warning', [node])


def test_chunks_in_the_wrong_order_are_put_right_and_stated(peer, node, speech):
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    speaker = Speaker(peer, node)
    chunks = chunks_of(speech, 640)[:450]
    for first in range(0, 450, 2):
        if first % 20:
            speaker.say(chunks[first:first + 2])
            continue
        speaker.say(chunks[first + 1:first + 2], offset_ns=20000000)
        speaker.say(chunks[first:first + 1], offset_ns=-20000000)
    windows = speaker.wait_for_windows(13)
    assert windows[-1].lost_ms == 0 and max(window.missing_share for window in windows) == 0.0
    peer.wait_for(lambda: diagnosis(diagnoses, NODE, message='chunks come out of order'),
                  'warning', [node])


def test_a_publisher_that_comes_back_with_another_clock_is_heard(peer, node, speech):
    """As a capture node that is started again on a computer whose clock was set meanwhile."""
    chunks = chunks_of(speech, 640)
    first = Speaker(peer, node)
    first.say(chunks[:200])
    heard = len(first.wait_for_windows(3))
    first.close()
    peer.wait_for(lambda: 'no sound for' in node.log(), 'silence', [node])
    second = Speaker(peer, node)
    second.say(chunks[:200], offset_ns=-7200 * 10**9)
    windows = second.wait_for_windows(3)
    assert [window.sequence for window in windows[-3:]] == list(range(heard, heard + 3))
    assert to_ns(windows[-1].header.stamp) == pytest.approx(
        START_NS - 7200 * 10**9 + (WINDOW_SAMPLES + 16000) * 62500, abs=1e6)


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


def test_a_window_that_ends_after_the_last_stamp(peer, start, speech):
    """One message with 3 s of sound, which begins in the last second that a stamp can hold."""
    node = start(NODE, '-p', 'autostart:=true', '-p', 'feature_set:=' + FEATURE_SET, env=CHECKED)
    peer.wait_active(NODE, processes=[node])
    speaker = Speaker(peer, node)
    message = AudioDataStamped()
    message.header.stamp.sec = LAST
    message.audio.data = chunks_of(speech, 3 * 32000)[0]
    speaker._audio.publish(message)
    window, = speaker.wait_for_windows(1)
    assert (window.header.stamp.sec, window.header.stamp.nanosec) == (LAST, 999999999)
    assert window.window_start.sec == LAST


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
