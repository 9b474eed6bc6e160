# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node that watches the graph and hands on what it hears as plain values."""

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from ser_ros.nodes import qos
from ser_ros.nodes.audio_capture import END_OF_FILE, END_STAMP, PROBLEM, AudioCapture
from ser_ros.nodes.diagnostics import ERROR
from ser_ros.nodes.feature_extraction import PERIOD, FeatureExtraction
from ser_ros.nodes.graph import NODES
from ser_ros.nodes.messages import Emotion, Mitigation, SpeechFeatures
from ser_ros.nodes.stamps import to_ns

STATES = {
    Emotion.STATE_NO_SPEECH: 'NO_SPEECH',
    Emotion.STATE_UNCERTAIN: 'UNCERTAIN',
    Emotion.STATE_EMOTION: 'EMOTION',
}
PHASES = {
    Mitigation.PHASE_STARTED: 'STARTED',
    Mitigation.PHASE_REPEATED: 'REPEATED',
    Mitigation.PHASE_RECOVERED: 'RECOVERED',
    Mitigation.PHASE_TIMED_OUT: 'TIMED_OUT',
}
# After the last emotion: what the responder says of it is under way.
GRACE_S = 0.5
# After the end of the file, if its last window never comes.
PATIENCE_S = 5.0


def emotion_values(message) -> dict:
    """Return an Emotion as plain values; times in seconds."""
    return {
        'stamp_s': to_ns(message.header.stamp) * 1e-9,
        'window_start_s': to_ns(message.window_start) * 1e-9,
        'sequence': message.sequence,
        'state': STATES.get(message.state, str(message.state)),
        'label': message.label,
        'confidence': message.confidence,
        'labels': list(message.labels),
        'probabilities': list(message.probabilities),
        'raw_probabilities': list(message.raw_probabilities),
        'speech_probability': message.speech_probability,
        'valence': message.valence,
        'arousal': message.arousal,
        'frame_id': message.header.frame_id,
        'latency_s': message.latency_s,
        'model': f'{message.model_name} {message.model_version}',
        'backend': message.backend,
        'precision': message.precision,
    }


def mitigation_values(message) -> dict:
    """Return a Mitigation as plain values; times in seconds."""
    return {
        'stamp_s': to_ns(message.header.stamp) * 1e-9,
        'phase': PHASES.get(message.phase, str(message.phase)),
        'episode': message.episode,
        'emotion': message.emotion,
        'confidence': message.confidence,
        'duration_s': message.duration_s,
        'strategy': message.strategy,
        'text': message.text,
        'language': message.language,
    }


def _number(values, key) -> float:
    # Anybody may publish diagnostics under any name.
    try:
        return float(values[key])
    except (KeyError, ValueError):
        return 0.0


class Observer(Node):
    """
    Call back for every emotion, mitigation and level, and say when it is over.

    :param on_end: called once with the reason, '' at the end of a file, else what went wrong.
    """

    def __init__(self, on_emotion, on_mitigation, on_level, on_end, **kwargs):
        super().__init__('ser_ros_observer', **kwargs)
        self._on_emotion = on_emotion
        self._on_level = on_level
        self._on_end = on_end
        self._period_ns = 0
        self._end_ns = None
        self._end_timer = None
        self._last_ns = 0
        self.create_subscription(Emotion, 'emotion', self._emotion, qos.EMOTION)
        self.create_subscription(
            Mitigation, 'mitigation',
            lambda message: on_mitigation(mitigation_values(message)), qos.MITIGATION)
        self.create_subscription(SpeechFeatures, 'features', self._features, qos.FEATURES)
        self.create_subscription(
            DiagnosticArray, '/diagnostics', self._diagnostics, qos.DIAGNOSTICS)

    @property
    def connected(self) -> bool:
        """Whether emotions and mitigations, once there are any, will be heard."""
        return all(self.count_publishers(topic) for topic in ('emotion', 'mitigation'))

    def _emotion(self, message):
        self._last_ns = to_ns(message.header.stamp)
        self._on_emotion(emotion_values(message))
        self._check_end()

    def _features(self, message):
        self._on_level(message.level_dbfs, message.recent_speech_probability)

    def _diagnostics(self, array):
        # Everybody's come here: other robots', and drivers' that have nothing to do with this.
        own = {(self.get_namespace().rstrip('/') + '/' + name).lstrip('/'): name
               for name in (node.NAME for node in NODES)}
        for status in array.status:
            if status.name in own:
                values = {pair.key: pair.value for pair in status.values}
                self._own_diagnostics(own[status.name], status, values)

    def _own_diagnostics(self, name, status, values):
        if status.level == ERROR and values.get('state') != 'active':
            self._finish(f'{name}: {status.message}')
        if name == FeatureExtraction.NAME:
            self._period_ns = int(1e9 * _number(values, PERIOD))
        if name == AudioCapture.NAME and status.message == END_OF_FILE:
            if values.get(PROBLEM):
                self._finish(values[PROBLEM])
            else:
                self._note_end(_number(values, END_STAMP))

    def _note_end(self, end_ns):
        if self._end_ns is None:
            self._end_ns = end_ns
            self._end_in(PATIENCE_S)
            self._check_end()

    def _check_end(self):
        # The last window ends less than a period before the end of the sound.
        if self._end_ns is not None and self._last_ns > self._end_ns - self._period_ns:
            self._end_in(GRACE_S)

    def _end_in(self, wait_s):
        if self._end_timer is not None:
            self.destroy_timer(self._end_timer)
        self._end_timer = self.create_timer(
            wait_s, lambda: self._finish(''), clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _finish(self, reason):
        if self._end_timer is not None:
            self.destroy_timer(self._end_timer)
            self._end_timer = None
        on_end, self._on_end = self._on_end, lambda reason: None
        on_end(reason)
