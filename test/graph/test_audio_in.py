# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Audio from anywhere: other capture nodes, other formats, holes, a robot that speaks itself."""

import numpy as np
import pytest
import soundfile
import soxr
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from harness import bytes_in_pieces, chunks_of, diagnosis
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool

from ser_ros.features.registry import create_extractor
from ser_ros.inference.model_file import Model
from ser_ros.nodes import qos
from ser_ros.nodes.audio_messages import AudioDataStamped, AudioInfo
from ser_ros.nodes.messages import SpeechFeatures
from ser_ros.nodes.parameters import load_defaults
from ser_ros.nodes.stamps import to_ns, to_stamp

NODE = 'feature_extraction'
FEATURE_SET = Model(load_defaults('emotion_inference')['model']).info.feature_set
WINDOW_SAMPLES = create_extractor(FEATURE_SET).window_samples
SHAPE = create_extractor(FEATURE_SET).input_shape
START_NS = 1700000000 * 10**9
# What apt's capture node offers, but for the depth: the tests are faster than real time.
CAPTURE_QOS = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)
INFO_QOS = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Speaker:
    """Publishes audio as a capture node does, but as fast as the windows come back."""

    def __init__(self, peer, process, channels=1, rate=16000, sample_format='S16LE',
                 coding='WAVE'):
        self._peer, self._process = peer, process
        self._bytes_per_s = channels * rate * (4 if sample_format == 'F32LE' else 2)
        self._sent = 0
        self.windows = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
        self._info = peer.node.create_publisher(AudioInfo, 'audio/audio_info', INFO_QOS)
        self._audio = peer.node.create_publisher(
            AudioDataStamped, 'audio/audio_stamped', CAPTURE_QOS)
        self._format = {'channels': channels, 'sample_rate': rate, 'sample_format': sample_format}
        self.inform(coding)
        peer.wait_for(lambda: self._audio.get_subscription_count(), 'subscription', [process])

    def inform(self, coding='WAVE'):
        self._info.publish(AudioInfo(coding_format=coding, **self._format))

    def say(self, chunks, offset_ns=0, start_ns=START_NS):
        """Send the chunks at once: fewer than the 500 that the node's queue holds."""
        for chunk in chunks:
            message = AudioDataStamped()
            message.header.frame_id = 'head'
            message.header.stamp = to_stamp(
                start_ns + offset_ns + self._sent * 10**9 // self._bytes_per_s)
            message.audio.data = chunk
            self._audio.publish(message)
            self._sent += len(chunk)

    def close(self):
        """End as the process of a capture node does."""
        for publisher in (self._info, self._audio):
            self._peer.node.destroy_publisher(publisher)

    def wait_for_windows(self, count):
        self._peer.wait_for(
            lambda: len(self.windows) >= count, f'{count} windows', [self._process])
        return self.windows


@pytest.fixture
def node(start, peer):
    process = start(NODE, '-p', 'autostart:=true', '-p', 'feature_set:=' + FEATURE_SET)
    peer.wait_active(NODE, processes=[process])
    return process


@pytest.mark.parametrize('size', [640, 999, 48000])
def test_any_chunk_size_gives_the_same_windows(peer, node, speech, size):
    chunks = chunks_of(speech, size)[:450]
    speaker = Speaker(peer, node)
    speaker.say(chunks)
    expected = (sum(map(len, chunks)) // 2 - WINDOW_SAMPLES) // 8000 + 1
    for index, window in enumerate(speaker.wait_for_windows(expected)):
        end_ns = START_NS + (WINDOW_SAMPLES + 8000 * index - 1) * 62500
        # Half a frame at the end of a chunk is half a sample of time.
        assert abs(to_ns(window.header.stamp) - end_ns) < 62500
        assert window.header.frame_id == 'head'
        assert window.sequence == index
        assert tuple(window.shape) == SHAPE
        assert len(window.data) == np.prod(SHAPE)
        assert not window.muted


def test_another_rate_and_channel_count(peer, node, speech):
    mono, _ = soundfile.read(speech, dtype='float32')
    at_44k = soxr.resample(mono, 16000, 44100)
    stereo = (np.stack([at_44k, at_44k], axis=1) * 32767).astype('<i2').tobytes()
    speaker = Speaker(peer, node, channels=2, rate=44100)
    speaker.say(bytes_in_pieces(stereo, 5003))
    windows = speaker.wait_for_windows(17)
    assert any(window.speech_probability > 0.5 for window in windows)
    assert np.diff([to_ns(w.header.stamp) for w in windows]) == pytest.approx(5e8, abs=1e5)


def test_mp3_is_refused_with_the_remedy_and_never_taken_for_sound(peer, node, speech):
    arrays = peer.listen(DiagnosticArray, '/diagnostics')
    speaker = Speaker(peer, node)
    speaker.say(chunks_of(speech, 640)[:150])
    speaker.wait_for_windows(1)
    speaker.inform(coding='MP3')
    peer.wait_for(lambda: 'format:=wave' in node.log(), 'complaint', [node])
    speaker.say(chunks_of(speech, 640)[150:300])

    def refused():
        values = [pair.value for array in arrays[-1:] for pair in array.status[0].values
                  if pair.key == 'refused chunks']
        # All that came since, and what was still under way when the format changed.
        return values and int(values[0]) >= 150 and (
            arrays[-1].status[0].level == DiagnosticStatus.ERROR)

    peer.wait_for(refused, 'an error in the diagnostics', [node])
    assert len(speaker.windows) == 1
    speaker.inform()
    speaker.say(chunks_of(speech, 640)[300:450])
    speaker.wait_for_windows(2)


def test_audio_without_a_format_is_told(peer, node, speech):
    audio = peer.node.create_publisher(AudioDataStamped, 'audio/audio_stamped', CAPTURE_QOS)
    peer.wait_for(audio.get_subscription_count, 'subscription', [node])
    for chunk in chunks_of(speech, 640)[:120]:
        message = AudioDataStamped()
        message.audio.data = chunk
        audio.publish(message)
    peer.wait_for(lambda: 'its format on audio/audio_info' in node.log(), 'complaint', [node])


def test_two_silent_publishers_are_noticed(peer, node):
    arrays = peer.listen(DiagnosticArray, '/diagnostics')
    for _ in range(2):
        peer.node.create_publisher(AudioDataStamped, 'audio/audio_stamped', CAPTURE_QOS)
    peer.wait_for(
        lambda: arrays and all(
            text in arrays[-1].status[0].message
            for text in ('more than one publisher', 'no sound for')), 'warning', [node])


def test_what_is_no_sound_is_left_out_and_the_rest_goes_on(peer, node, speech):
    samples, _ = soundfile.read(speech, dtype='float32')
    data = samples[:64000].tobytes()
    not_a_number = np.full(320, np.nan, np.float32).tobytes()
    speaker = Speaker(peer, node, sample_format='F32LE')
    speaker.say(bytes_in_pieces(data[:1280 * 50], 1280))
    speaker.say(bytes_in_pieces(not_a_number, 1280))
    speaker.say(bytes_in_pieces(data[1280 * 50:], 1280))
    speaker.wait_for_windows(3)
    peer.wait_for(lambda: 'audio/audio_stamped: ' in node.log(), 'complaint', [node])


def test_a_short_hole_is_filled_and_a_long_one_starts_anew(peer, node, speech):
    chunks = chunks_of(speech, 640)
    speaker = Speaker(peer, node)
    speaker.say(chunks[:200])
    speaker.say(chunks[200:300], offset_ns=400000000)
    # 6 s and the hole: (6.4 s - 2.6 s) / 0.5 s + 1 windows.
    windows = speaker.wait_for_windows(8)
    assert np.diff([to_ns(w.header.stamp) for w in windows]) == pytest.approx(5e8, abs=1e7)
    speaker.say(chunks[300:500], offset_ns=60 * 10**9)
    first_ns = to_ns(speaker.wait_for_windows(9)[8].header.stamp) - START_NS
    assert first_ns == pytest.approx(60e9 + 300 * 2e7 + WINDOW_SAMPLES * 62500, abs=1e6)


def test_a_source_of_other_quality_is_named_with_a_remedy_that_helps(peer, start):
    arguments = ['-p', 'autostart:=true', '-p', 'feature_set:=' + FEATURE_SET]
    audio = peer.node.create_publisher(
        AudioDataStamped, 'audio/audio_stamped',
        QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT))
    info = peer.node.create_publisher(AudioInfo, 'audio/audio_info', 1)
    process = start(NODE, *arguments)
    remedies = {
        'qos_overrides./audio/audio_stamped.subscription.reliability': 'best_effort',
        'qos_overrides./audio/audio_info.subscription.durability': 'volatile'}
    for parameter, value in remedies.items():
        remedy = f'-p {parameter}:={value}'
        peer.wait_for(lambda remedy=remedy: remedy in process.log(), remedy, [process])
        arguments += remedy.split()
    assert process.interrupt() == 0
    start(NODE, *arguments)
    for publisher in (audio, info):
        peer.wait_for(publisher.get_subscription_count, 'subscription')


def test_a_listener_that_asks_for_more_is_named_with_the_remedy(peer, start):
    arguments = ['-p', 'autostart:=true', '-p', 'feature_set:=' + FEATURE_SET]
    wanted = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    peer.node.create_subscription(SpeechFeatures, 'features', lambda _: None, wanted)
    process = start(NODE, *arguments)
    remedy = '-p qos_overrides./features.publisher.durability:=transient_local'
    peer.wait_for(lambda: remedy in process.log(), remedy, [process])
    assert 'VALUE' not in process.log()
    assert process.interrupt() == 0
    start(NODE, *arguments, *remedy.split())
    peer.wait_for(lambda: [
        info.qos_profile.durability
        for info in peer.node.get_publishers_info_by_topic('features')] == [
            DurabilityPolicy.TRANSIENT_LOCAL], 'publisher')


def test_the_robots_own_speech_is_muted(peer, node, speech):
    speaking = peer.node.create_publisher(Bool, 'robot_speaking', 10)
    peer.wait_for(lambda: speaking.get_subscription_count(), 'subscription', [node])
    speaking.publish(Bool(data=True))
    assert speaking.wait_for_all_acked()
    speaker = Speaker(peer, node)
    now_ns = peer.node.get_clock().now().nanoseconds
    speaker.say(chunks_of(speech, 640)[:200], start_ns=now_ns)
    assert all(window.muted for window in speaker.wait_for_windows(3))


def test_it_is_muted_in_the_time_line_of_the_sound(peer, node, speech):
    """The stamps are years from the clock, and the sound comes faster than it was recorded."""
    speaking = peer.node.create_publisher(Bool, 'robot_speaking', 10)
    peer.wait_for(lambda: speaking.get_subscription_count(), 'subscription', [node])
    speaker = Speaker(peer, node)
    chunks = chunks_of(speech, 640)
    speaker.say(chunks[:150])
    heard = len(speaker.wait_for_windows(1))
    speaking.publish(Bool(data=True))
    assert speaking.wait_for_all_acked()
    speaker.say(chunks[150:300])
    windows = speaker.wait_for_windows(heard + 5)
    assert [window.muted for window in windows] == [False] * heard + [True] * 5


def test_a_robot_that_dies_while_it_speaks_does_not_make_it_deaf(peer, start, speech):
    diagnoses = peer.listen(DiagnosticArray, '/diagnostics')
    node = start(NODE, '-p', 'autostart:=true', '-p', 'feature_set:=' + FEATURE_SET,
                 '-p', 'speaking_timeout_s:=5.0')
    peer.wait_active(NODE, processes=[node])
    speaking = peer.node.create_publisher(Bool, 'robot_speaking', 10)
    peer.wait_for(lambda: speaking.get_subscription_count(), 'subscription', [node])
    speaker = Speaker(peer, node)
    chunks = chunks_of(speech, 640)
    speaking.publish(Bool(data=True))
    assert speaking.wait_for_all_acked()
    speaker.say(chunks[:150])
    assert speaker.wait_for_windows(1)[0].muted

    def is_heard():
        speaker.say(chunks[200:225])
        return speaker.windows and not speaker.windows[-1].muted

    peer.wait_for(is_heard, 'window that is not muted', [node])
    peer.wait_for(lambda: diagnosis(diagnoses, NODE, message='not been repeated for 5 s'),
                  'warning', [node])


def test_channels_that_cancel_are_noticed(peer, node, speech):
    mono = np.frombuffer(b''.join(chunks_of(speech, 640)[:450]), '<i2')
    stereo = np.stack([mono, -np.maximum(mono, -32767)], axis=1)
    both = Speaker(peer, node, channels=2)
    both.say(bytes_in_pieces(stereo.tobytes(), 2560))
    assert both.wait_for_windows((mono.size - WINDOW_SAMPLES) // 8000 + 1)[-1].level_dbfs > -60
    states = peer.listen(DiagnosticArray, '/diagnostics', 10)
    peer.wait_for(lambda: diagnosis(states, NODE, message='the channels cancel each other'),
                  'the warning', [node])
