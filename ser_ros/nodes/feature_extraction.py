#!/usr/bin/env python3
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that turns audio into windows of features, voice activity and level."""

import array
import sys
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from std_msgs.msg import Bool

from ser_ros.audio.channels import check_channel
from ser_ros.audio.format import CHUNK_SAMPLES, SAMPLE_RATE_HZ
from ser_ros.errors import SerError
from ser_ros.features.registry import FEATURE_SETS, create_extractor, shape_of_window
from ser_ros.features.waveform import MAX_WINDOW_S
from ser_ros.nodes import audio_progress, input_types, managed, process, qos
from ser_ros.nodes.audio_listening import AudioListening
from ser_ros.nodes.clock_offset import ClockOffset
from ser_ros.nodes.diagnostics import ERROR, OK, WARN, Increase, Meter, Report
from ser_ros.nodes.few_lines import FewLines
from ser_ros.nodes.followed_model import FollowedModel, Model
from ser_ros.nodes.messages import EndOfStream, ModelInfo, SpeechFeatures
from ser_ros.nodes.parameters import spec
from ser_ros.nodes.stamps import NS_PER_S, latency_s, to_ns, to_stamp
from ser_ros.nodes.topics import publishes, subscribes
from ser_ros.windows.audio_input import FeatureStage, StampedWindow
from ser_ros.windows.lost_sound import WARNED_SHARE
from ser_ros.windows.speaking_gate import SpeakingGate
from ser_ros.windows.voice_activity import VoiceActivity
from ser_ros.windows.window_stream import WindowStream, check_period

if TYPE_CHECKING:
    from ser_ros.nodes.audio_messages import AudioDataStamped

AUTO = 'auto'
NS_PER_MS = 10**6
HOP_S = CHUNK_SAMPLES / SAMPLE_RATE_HZ
# How far the count of a file's samples may be off the stamp of its end: less than a chunk.
END_TOLERANCE_NS = CHUNK_SAMPLES * NS_PER_S // SAMPLE_RATE_HZ // 2


class _Served(NamedTuple):
    """What serves one feature set; the message is filled again for each window."""

    stage: FeatureStage
    message: SpeechFeatures


class FeatureExtraction(managed.ManagedNode):
    """Publish one SpeechFeatures each period.

    Active: listens to the audio. With feature_set auto it first waits for model_info, and
    changes over when another model asks for another set. In every other state it hears nothing;
    the next activation starts with an empty window.
    """

    NAME = 'feature_extraction'
    PARAMETERS = (
        spec('feature_set', 'Feature set to compute. auto: the one that the model needs.',
             choices=(AUTO,) + tuple(sorted(FEATURE_SETS))),
        spec('window_s', 'Length of a window [s], where feature_set is set by hand and suits '
             'several lengths, such as waveform/1 (0.5 to 15). 0: the one of the feature set. '
             'With auto the model determines it.', range=(0.0, MAX_WINDOW_S)),
        spec('period', 'Time from one window to the next [s], a multiple of 0.02.',
             range=(0.1, 5.0)),
        spec('channel', 'As in audio_capture, for the sound of other publishers.'),
        spec('speaking_hang_over_s', 'Time after robot_speaking becomes false during which sound '
             "still counts as the robot's own [s].", range=(0.0, 10.0)),
        spec('speaking_timeout_s', 'robot_speaking that is true and not repeated for this time '
             'counts as false [s]. 0: never.', range=(0.0, 3600.0)),
    ) + input_types.PARAMETERS
    TOPICS = input_types.TOPICS + (
        subscribes('audio/end_of_stream', EndOfStream, qos.LATCHED, 'The end of a file.'),
        subscribes('robot_speaking', Bool, qos.SPEAKING, 'Whether the robot itself speaks.'),
        subscribes('model_info', ModelInfo, qos.LATCHED,
                   'The model, which says what features it takes.'),
        publishes('features', SpeechFeatures, qos.FEATURES, 'Windows of features.'),
        audio_progress.TOPIC,
    )

    # From configure on; the gate from activate on.
    _features: Publisher
    _gate: SpeakingGate

    def __init__(self) -> None:
        self._voice_activity: Optional[VoiceActivity] = None
        self._served: Optional[_Served] = None
        self._sequence = 0
        self._hears_audio = False
        self._end: Optional[EndOfStream] = None
        # What keeps windows from coming out, if anything: level and text.
        self._problem: Optional[Tuple[bytes, str]] = None
        self._meter = Meter()
        self._new_restarts = Increase()
        self._new_disorder = Increase()
        self._earlier_lost_ns = 0
        self._refused = 0
        super().__init__()
        self._log_problem = FewLines(self.get_logger().error)
        self._model = FollowedModel(self, self._on_model)
        self._listen_to(input_types.default())

    def _listen_to(self, input_type: input_types.InputType) -> None:
        self._listening = AudioListening(self, input_type, self._on_chunk, self._complain)
        self.inputs = [self._listening.input, self._listening.departures, self._model]
        self._clock_offset = ClockOffset(self.get_logger())

    def configure(self) -> None:
        check_period(self.value('period'), HOP_S)
        self._listen_to(input_types.choose(self))
        self._shape_of_window()
        # Not needed before the first window, but here a missing file is reported best.
        self._voice_activity = VoiceActivity()
        self._features = self.publish_to('features')

    def activate(self) -> None:
        self._gate = SpeakingGate(
            self.value('speaking_hang_over_s'), self.value('speaking_timeout_s'))
        self.subscribe_to('robot_speaking', self._on_speaking)
        if self.value('feature_set') == AUTO:
            self._problem = (WARN, 'waiting for model_info')
            self._model.start()
            self.subscribe_to('model_info', self._model.hear)
        else:
            self._serve(self.value('feature_set'), self._shape_of_window())

    def deactivate(self) -> None:
        self._served = None
        self._earlier_lost_ns = 0
        self._clock_offset.forget()
        self._hears_audio = False
        self._end = None
        self._problem = None
        self._listening.stop()

    def cleanup(self) -> None:
        self._voice_activity = None

    def check(self, changes: Sequence[Parameter]) -> None:
        for change in changes:
            if change.name == 'period':
                check_period(change.value, HOP_S)
            elif change.name == 'channel':
                check_channel(change.value)

    def _shape_of_window(self) -> Optional[Tuple[int, ...]]:
        """Return the shape that the parameters ask for, None for that of the feature set."""
        feature_set = self.value('feature_set')
        return None if feature_set == AUTO else shape_of_window(
            feature_set, self.value('window_s'))

    def _serve(self, feature_set: str, input_shape: Optional[Tuple[int, ...]] = None) -> None:
        assert self._voice_activity is not None, 'configured'
        extractor = create_extractor(feature_set, input_shape)
        stream = WindowStream(extractor, self._voice_activity, self.value('period'))
        stage = FeatureStage(stream, self._gate, self.value('channel'))
        data = np.zeros(extractor.input_shape, np.float32)
        if self._served is not None:
            self._earlier_lost_ns += self._served.stage.lost.total_ns
        self._served = _Served(stage, SpeechFeatures(
            period_s=self.value('period'), feature_set=feature_set,
            shape=list(extractor.input_shape), data=array.array('f', data.tobytes())))
        self._problem = (WARN, 'no audio yet')
        self._listening.serve(stage)
        if not self._hears_audio:
            # Only now: a file waits for the subscription, so no sound of it is lost.
            self.subscribe_to('audio/end_of_stream', self._on_end)
            self._listening.start()
            self._hears_audio = True
            self.progress.begin(self._sequence, hears_sound=True)
        self.get_logger().info(f'computing {feature_set}, windows of {stream.window_s:g} s')

    def _on_model(self, model: Model) -> None:
        try:
            self._serve(*model.input)
        except SerError as error:
            # What was served before is of no use to this model.
            self._served = None
            self._listening.serve(None)
            self._complain(f'model {model.name}: {error}')

    def _on_speaking(self, message: Bool, info: Dict[str, Any]) -> None:
        self._gate.hear(message.data, self.now_ns(), qos.sequence_of(info))

    def _on_chunk(self, stage: FeatureStage, message: 'AudioDataStamped') -> None:
        assert self._served is not None, 'has the stage'
        stamp_ns = to_ns(message.header.stamp) or self.now_ns()
        try:
            for stamped in stage.push(message.audio.data, stamp_ns):
                self._publish(self._served.message, stamped, message.header.frame_id)
        except SerError as error:
            self._refused += 1
            self._complain(f'{self._listening.topic}: {error}')
            self.progress.hear(stamp_ns, self._sequence)
            return
        self._problem = None
        heard_ns, now_ns = stage.heard_ns, self.now_ns()
        if heard_ns is not None:
            self._gate.follow(heard_ns, now_ns)
            self._clock_offset.hear(heard_ns, now_ns)
            self.progress.hear(heard_ns, self._sequence)
        self._fill_up()

    def _on_end(self, message: EndOfStream) -> None:
        self._end = message
        self._listening.input.watchdog.rest_after(to_ns(message.header.stamp))
        self._fill_up()

    def _fill_up(self) -> None:
        """Where a file has ended before the first window, add silence up to that."""
        served = self._served
        if self._end is None or served is None:
            return
        missing_ns = served.stage.missing_ns(to_ns(self._end.header.stamp))
        if missing_ns is None or missing_ns > END_TOLERANCE_NS:
            return  # sound and end come on different topics, and the sound is on its way
        end, self._end = self._end, None
        if missing_ns >= -END_TOLERANCE_NS:  # else it is the end of an earlier file
            for stamped in served.stage.finish():
                self._publish(served.message, stamped, end.header.frame_id)

    def _publish(self, message: SpeechFeatures, stamped: StampedWindow, frame_id: str) -> None:
        window = stamped.window
        message.header.frame_id = frame_id
        message.header.stamp = to_stamp(stamped.end_ns)
        message.window_start = to_stamp(stamped.start_ns)
        message.sequence = self._sequence
        np.frombuffer(message.data, np.float32)[:] = window.input.ravel()
        message.speech_probability = window.speech_probability
        message.recent_speech_probability = window.recent_speech_probability
        message.muted = stamped.muted
        message.missing_share = stamped.missing_share
        message.lost_ms = self._lost_ms()
        message.level_dbfs = window.level_dbfs
        message.pitch_hz = window.pitch_hz
        self._listening.hear_level(window.level_dbfs, stamped.start_ns, stamped.end_ns)
        self._features.publish(message)
        self._sequence += 1
        self._meter.tick(latency_s(self.now_ns(), message.header.stamp))

    def _lost_ms(self) -> int:
        lost_ns = 0 if self._served is None else self._served.stage.lost.total_ns
        return (self._earlier_lost_ns + lost_ns) // NS_PER_MS

    def _complain(self, text: str) -> None:
        if self._problem != (ERROR, text):
            self._log_problem('')  # it was over for a while
        self._log_problem(text)  # once, since a stream brings 50 a second
        self._problem = (ERROR, text)

    def report(self) -> Report:
        """Say what is served, and what was refused or filled."""
        values = self._meter.values()
        values['feature set'] = self._served.message.feature_set if self._served else ''
        values['period [s]'] = self.value('period')
        values['refused chunks'] = self._refused + self._listening.refused
        if self.state_label != 'active':
            return OK, '', values
        values['robot speaking'] = self._gate.speaking
        offset = '' if self.progress.is_awaited else self._clock_offset.look()  # else of a file
        stage = self._served.stage if self._served else None
        if stage is not None:
            if stage.heard_ns is None:  # a file that waits may not know of the subscription yet
                self.progress.begin(self._sequence, hears_sound=True)
            values.update({
                'gaps': stage.gaps, 'restarts': stage.restarts,
                'lost sound [ms]': self._lost_ms(),
                'lost sound [%]': f'{100 * stage.lost.recent_share:.1f}',
                'repeated chunks': stage.repeats.count, 'chunks out of order': stage.order.count})
        if self._problem is not None:
            return self._problem + (values,)
        warnings = list(self._warnings(stage, offset))
        return (WARN if warnings else OK), '; '.join(warnings), values

    def _warnings(self, stage: Optional[FeatureStage], offset: str) -> Iterator[str]:
        """Yield all that is odd, since what lasts must not hide the rest."""
        if stage is not None and self._new_restarts(stage.restarts):
            yield 'the stamps of the audio jump'
        if stage is not None and stage.lost.recent_share >= WARNED_SHARE:
            yield f'{stage.lost.recent_share:.0%} of the latest sound is lost'
        if stage is not None and self._new_disorder(stage.order.count):
            yield 'chunks come out of order, or with wrong stamps'
        if offset:
            yield f'{self._listening.topic}: {offset}'
        if stage is not None and stage.problem:
            yield f'{self._listening.topic}: {stage.problem}'
        yield from filter(None, (self._gate.problem, self._listening.problem))


def main(args: Optional[List[str]] = None) -> int:
    """Run the node."""
    return process.main([FeatureExtraction], args)


if __name__ == '__main__':
    sys.exit(main())
