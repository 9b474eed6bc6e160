# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated time, and what the nodes tell about themselves."""

import math

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from harness import NODES, chunks_of
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock

from ser_ros.nodes import qos
from ser_ros.nodes.audio_messages import AudioDataStamped, AudioInfo
from ser_ros.nodes.messages import Emotion
from ser_ros.nodes.stamps import to_ns, to_stamp

START_NS = 1000 * 10**9


def test_a_replay_with_clock_is_in_its_own_time(peer, start, speech):
    """As of a bag: /clock and the audio topics come from elsewhere, twice the same."""
    emotions = peer.listen(Emotion, 'emotion', 100)
    clock = peer.node.create_publisher(Clock, '/clock', 10)
    info = peer.node.create_publisher(AudioInfo, 'audio/audio_info', qos.LATCHED)
    audio = peer.node.create_publisher(
        AudioDataStamped, 'audio/audio_stamped', QoSProfile(depth=1000))
    info.publish(AudioInfo(channels=1, sample_rate=16000, sample_format='S16LE',
                           coding_format='WAVE'))
    processes = [start(name, '-p', 'autostart:=true', '-p', 'use_sim_time:=true')
                 for name in ('emotion_inference', 'feature_extraction')]
    peer.wait_until_connected(processes)
    peer.wait_for(audio.get_subscription_count, 'subscription', processes)
    peer.wait_for(lambda: clock.get_subscription_count() == 2, 'clock', processes)
    chunks = chunks_of(speech, 640)[:300]
    rounds = []
    for _ in range(2):
        seen = len(emotions)
        for index, chunk in enumerate(chunks):
            stamp = to_stamp(START_NS + index * 20000000)
            clock.publish(Clock(clock=to_stamp(START_NS + (index + 1) * 20000000)))
            message = AudioDataStamped()
            message.header.stamp = stamp
            message.audio.data = chunk
            audio.publish(message)
        # (6 s - 2.604 s) / 0.5 s + 1
        peer.wait_for(lambda: len(emotions) >= seen + 7, 'emotions', processes)  # noqa: B023
        rounds.append(emotions[seen:])
    for first, second in zip(*rounds):
        assert first.header == second.header
        assert first.probabilities == second.probabilities
        assert (first.state, first.label) == (second.state, second.label)
        # In simulated time: a latency in system time would be decades. Where /clock lags
        # behind the audio, there is none.
        assert math.isnan(first.latency_s) or abs(first.latency_s) < 10.0
    assert to_ns(rounds[0][0].header.stamp) < START_NS + 10 * 10**9


def test_every_node_reports_its_state_and_figures(peer, start_graph, speech):
    arrays = peer.listen(DiagnosticArray, '/diagnostics')
    graph = start_graph(speech)

    def latest():
        return {status.name: status for array in arrays for status in array.status}

    def figures(name):
        return {pair.key: pair.value for pair in latest()[name].values}

    def served():
        return set(NODES) <= set(latest()) and all(
            'latency p95 [ms]' in figures(name) for name in NODES)

    peer.wait_for(served, 'diagnostics with latencies', graph.values())
    for name in NODES:
        assert latest()[name].level == DiagnosticStatus.OK, latest()[name]
        assert latest()[name].hardware_id == name
        values = figures(name)
        assert values['state'] == 'active'
        assert float(values['rate [Hz]']) > 0.0
        assert float(values['latency p50 [ms]']) <= float(values['latency p95 [ms]'])
    assert figures('audio_capture')['overflows'] == '0'
    assert figures('audio_capture')['gaps'] == '0'
    inference = figures('emotion_inference')
    assert (inference['backend'], inference['precision']) == ('onnxruntime', 'fp32')
    assert inference['lost windows'] == '0' and inference['overload drops'] == '0'
