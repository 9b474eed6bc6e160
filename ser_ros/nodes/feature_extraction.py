#!/usr/bin/env python3
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that turns audio into windows of features, voice activity and level."""

import array
import sys

from std_msgs.msg import Bool

from ser_ros.errors import SerError
from ser_ros.features import FEATURE_SETS, create_extractor
from ser_ros.features.speaking_gate import SpeakingGate
from ser_ros.features.stage import FeatureStage
from ser_ros.features.stream import WindowStream
from ser_ros.features.voice_activity import VoiceActivity
from ser_ros.nodes import managed, qos
from ser_ros.nodes.diagnostics import ERROR, OK, WARN, Meter
from ser_ros.nodes.messages import AudioDataStamped, AudioInfo, ModelInfo, SpeechFeatures
from ser_ros.nodes.parameters import spec
from ser_ros.nodes.stamps import to_ns, to_stamp

AUTO = 'auto'
PERIOD = 'period [s]'
# Audio that came before audio_info: the two topics are not ordered against each other.
WAITING_CHUNKS = 500


class FeatureExtraction(managed.ManagedNode):
    """
    Publish one SpeechFeatures each period.

    Active: listens to the audio. With feature_set auto it first waits for model_info, and
    changes over when another model asks for another set. In every other state it hears nothing;
    the next activation starts with an empty window.
    """

    NAME = 'feature_extraction'
    PARAMETERS = (
        spec('feature_set', 'The features to compute; auto: those that the model asks for.',
             choices=(AUTO,) + tuple(sorted(FEATURE_SETS))),
        spec('period', 'Time from one window to the next [s], a multiple of 0.02.',
             range=(0.1, 5.0)),
        spec('speaking_hang_over_s', 'How long after robot_speaking went false the sound is '
             "still taken for the robot's own [s].", range=(0.0, 10.0)),
    )

    def __init__(self, **kwargs):
        self._features = None
        self._stage = None
        self._voice_activity = None
        self._message = None
        self._audio = None
        self._format = None
        self._problem = ''
        self._waiting = []
        self._meter = Meter()
        self._refused = 0
        super().__init__(**kwargs)

    def configure(self):
        # Not needed before the first window, but this is where a missing file is told best.
        self._voice_activity = VoiceActivity()
        self._features = self.publish_to(SpeechFeatures, 'features', qos.FEATURES)

    def activate(self):
        self._problem = 'no audio yet'
        self._gate = SpeakingGate(self.value('speaking_hang_over_s'))
        self.subscribe_to(Bool, 'robot_speaking', self._on_speaking, qos.SPEAKING)
        if self.value('feature_set') == AUTO:
            self._problem = 'waiting for model_info'
            self.subscribe_to(ModelInfo, 'model_info', self._on_model_info, qos.LATCHED)
        else:
            self._serve(self.value('feature_set'))

    def deactivate(self):
        self._stage = None
        self._message = None
        self._audio = None
        self._format = None
        self._waiting = []

    def cleanup(self):
        self._voice_activity = None

    def _serve(self, feature_set):
        extractor = create_extractor(feature_set)
        stream = WindowStream(extractor, self._voice_activity, self.value('period'))
        self._stage = FeatureStage(stream, self._gate)
        self._message = SpeechFeatures(feature_set=feature_set, shape=list(extractor.shape))
        self._sequence = 0
        if self._format is not None:
            self._stage.set_format(*self._format)
        if self._audio is None:
            # Only now: a file waits for this subscription, so no sound of it is lost.
            self.subscribe_to(AudioInfo, 'audio/audio_info', self._on_info, qos.LATCHED)
            self._audio = self.subscribe_to(
                AudioDataStamped, 'audio/audio_stamped', self._on_audio, qos.AUDIO)
        self.get_logger().info('serving {}'.format(feature_set))

    def _on_model_info(self, info):
        if self._message is not None and info.feature_set == self._message.feature_set:
            return
        try:
            self._serve(info.feature_set)
        except SerError as error:
            self._complain('model {}: {}'.format(info.name, error))

    def _on_speaking(self, message):
        self._gate.set(message.data, self.now_ns())

    def _on_info(self, info):
        audio_format = (info.channels, info.sample_rate, info.sample_format, info.coding_format)
        try:
            self._stage.set_format(*audio_format)
        except SerError as error:
            self._complain('audio/audio_info: {}'.format(error))
            return
        self._format = audio_format
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            self._on_audio(message)

    def _on_audio(self, message):
        if not self._stage.ready:
            self._waiting = self._waiting[1 - WAITING_CHUNKS:] + [message]
            return
        stamp_ns = to_ns(message.header.stamp) or self.now_ns()
        try:
            for stamped in self._stage.push(message.audio.data, stamp_ns):
                self._publish(stamped, message.header.frame_id)
        except SerError as error:
            self._refused += 1
            self._complain('audio/audio_stamped: {}'.format(error))
            return
        self._problem = ''

    def _publish(self, stamped, frame_id):
        message, window = self._message, stamped.window
        message.header.frame_id = frame_id
        message.header.stamp = to_stamp(stamped.end_ns)
        message.window_start = to_stamp(stamped.start_ns)
        message.sequence = self._sequence
        message.data = array.array('f', window.image.tobytes())
        message.speech_probability = window.speech_probability
        message.recent_speech_probability = window.recent_speech_probability
        message.muted = stamped.muted
        message.level_dbfs = window.level_dbfs
        message.pitch_hz = window.pitch_hz
        self._features.publish(message)
        self._sequence += 1
        self._meter.tick((self.now_ns() - stamped.end_ns) * 1e-9)

    def _complain(self, problem):
        # Once for each new problem, not for each message: a stream brings 50 a second.
        if problem != self._problem:
            self.get_logger().error(problem)
        self._problem = problem

    def report(self):
        """Say what is served, and what was refused or filled."""
        values = self._meter.values()
        values['feature set'] = self._message.feature_set if self._message else ''
        values[PERIOD] = self.value('period')
        values['refused chunks'] = self._refused
        stage = self._stage
        if stage is not None:
            values.update({'gaps': stage.gaps, 'restarts': stage.restarts})
        if self.state_label != 'active':
            return OK, '', values
        if self._problem:
            return (ERROR if self._refused else WARN), self._problem, values
        return OK, '', values


def main(args=None):
    """Run the node."""
    return managed.main([FeatureExtraction], args)


if __name__ == '__main__':
    sys.exit(main())
