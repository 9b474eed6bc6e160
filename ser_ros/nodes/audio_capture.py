#!/usr/bin/env python3
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that listens: a microphone or an audio file, published as 20 ms chunks."""

import array
import sys
import time
from typing import List, Optional, Sequence, Tuple

import numpy as np
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher

from ser_ros.audio.capture import Capture
from ser_ros.audio.channels import check_channel
from ser_ros.audio.format import CHUNK_SAMPLES, SAMPLE_RATE_HZ
from ser_ros.audio.opening import looks_like_file, open_source
from ser_ros.errors import SerError
from ser_ros.nodes import audio_progress, managed, process, qos
from ser_ros.nodes.allowed_folders import ALLOWED_FOLDERS
from ser_ros.nodes.audio_messages import AudioDataStamped, AudioInfo
from ser_ros.nodes.back_pressure import BackPressure
from ser_ros.nodes.diagnostics import ERROR, OK, WARN, Increase, Meter, Report
from ser_ros.nodes.inputs import full_name, publisher_names
from ser_ros.nodes.messages import AudioProgress, EndOfStream
from ser_ros.nodes.parameters import spec
from ser_ros.nodes.stamps import to_stamp
from ser_ros.nodes.topics import publishes, subscribes

# After feature_extraction was activated, until this node knows that it listens.
_MATCHING_S = 5.0


class AudioCapture(managed.ManagedNode):
    """Publish what a microphone or an audio file gives.

    Active: the device is open and chunks of 320 samples (16 kHz, mono, S16LE) go out, each with
    the capture time of its first sample. In every other state the device is closed. A file starts
    once feature_extraction has subscribed, and is played only as fast as the slowest node follows,
    so that nothing of it is lost. One that is repeated at normal speed stands in for a microphone,
    and waits for nobody.
    """

    NAME = 'audio_capture'
    PARAMETERS = (
        spec('device', 'Microphone or audio file. A microphone is given by part of its name or by '
             'its index in quotes (see `ser_ros devices`). Empty or mic: the default microphone.',
             is_path=looks_like_file),
        spec('channel', 'How several channels become one: auto (the mean, or the loudest one while '
             'they cancel each other), mean, loudest, or the index of a channel in quotes.'),
        spec('loop', 'Repeat an audio file endlessly.'),
        spec('realtime', 'Play an audio file at normal speed. false: up to 4 times as fast, as the '
             'slowest node allows. The stamps are audio time in both cases.'),
        spec('wait_for_features', 'Play an audio file only once feature_extraction has subscribed. '
             'false: once anybody has.'),
        spec('wait_for_nodes', 'Play an audio file only once these nodes have reported how far '
             'they are. A name without / is in the namespace of audio_capture.'),
        spec('chunk_s', 'Length of an audio message [s], a multiple of 0.02. Longer messages save '
             'CPU time and delay every emotion by their length.', range=(0.02, 0.5)),
        spec('frame_id', 'frame_id of the audio messages.'),
        ALLOWED_FOLDERS,
    )
    TOPICS = (
        publishes('audio/audio_stamped', AudioDataStamped, qos.AUDIO,
                  'Sound, 16 kHz mono S16LE; stamp: capture time of the first sample.'),
        publishes('audio/audio_info', AudioInfo, qos.LATCHED, 'Format of the sound.'),
        publishes('audio/end_of_stream', EndOfStream, qos.LATCHED, 'The end of a file.'),
        subscribes('audio/progress', AudioProgress, qos.PROGRESS,
                   'How far the nodes have come. A file waits for the slowest one.'),
    )

    # From configure on.
    _chunks: Publisher
    _info: Publisher
    _end: Publisher

    def __init__(self) -> None:
        self._capture: Optional[Capture] = None
        self._chunks_per_message = 1
        self._wait_for_features = True
        self._back_pressure: Optional[BackPressure] = None
        self._may_start = False
        self._matching_until_s = 0.0
        self._pending: List[Tuple[int, bytes]] = []
        self._message = AudioDataStamped()
        self._meter = Meter()
        self._new_losses = Increase()
        super().__init__()

    def configure(self) -> None:
        self._chunks = self.publish_to('audio/audio_stamped')
        self._info = self.publish_to('audio/audio_info')
        self._end = self.publish_to('audio/end_of_stream')
        self._chunks_per_message = _whole_chunks(self.value('chunk_s'))

    def activate(self) -> None:
        if self.now_ns() == 0:
            self.get_logger().warning(
                'use_sim_time is true, but nobody publishes /clock yet, so stamps start at 0')
        self._pending = []
        self._message.header.frame_id = self.value('frame_id')
        self._wait_for_features = self.value('wait_for_features')
        self._back_pressure, self._may_start, self._matching_until_s = None, False, 0.0
        loop, channel = self.value('loop'), self.value('channel')
        capture = Capture(
            lambda: open_source(self.file('device'), loop, channel), self._take,
            now_ns=self.now_ns, realtime=self.value('realtime'),
            ready=self._is_ready, keeps_up=self._keeps_up, is_done=self._is_done,
            on_end=lambda: self._on_end(capture), on_warning=self.get_logger().warning)
        self._capture = capture  # before its thread, which may come to the end at once
        capture.start()
        if not capture.live and not (loop and self.value('realtime')):
            expected = [full_name(self.get_namespace(), name)
                        for name in self.value('wait_for_nodes') if name]
            pressure = BackPressure(
                lambda: expected + publisher_names(self, 'audio/progress'), self.get_logger())
            self._back_pressure = pressure
            self.subscribe_to('audio/progress', pressure.hear)
        self._may_start = True
        self._info.publish(AudioInfo(
            channels=1, sample_rate=SAMPLE_RATE_HZ, sample_format='S16LE',
            bitrate=16 * SAMPLE_RATE_HZ, coding_format='WAVE'))
        self.get_logger().info(f'listening to {capture.description}')

    def deactivate(self) -> None:
        if self._capture is not None:
            self._capture.stop()
            self._capture = None

    def _is_ready(self) -> bool:
        """Return whether a file may start; a recorder alone is no reason."""
        pressure = self._back_pressure
        return (self._may_start and self._chunks.get_subscription_count() > 0
                and (not self._wait_for_features or self._has_features())
                and (pressure is None or pressure.is_complete()))

    def _has_features(self) -> bool:
        return audio_progress.listens(self, 'audio/audio_stamped', 'features')

    def _keeps_up(self, end_ns: int) -> bool:
        """Return whether a file may be played up to a stamp."""
        pressure = self._back_pressure
        if pressure is None:
            return True
        now_s = time.monotonic()
        # A node that hears nothing begins again and again, which must not prolong the wait.
        if pressure.take_begin() and now_s >= self._matching_until_s:
            self._matching_until_s = now_s + _MATCHING_S
        if now_s < self._matching_until_s:
            known = len(self.get_subscriptions_info_by_topic('audio/audio_stamped'))
            if not self._has_features() or self._chunks.get_subscription_count() < known:
                return False
            self._matching_until_s = 0.0
        return pressure.keeps_up(end_ns)

    def _is_done(self) -> bool:
        """Return whether all of a file has been heard; the rest of it goes out before."""
        if self._pending:
            self._publish()
        return self._back_pressure is None or self._back_pressure.is_done()

    def _take(self, chunk: np.ndarray, stamp_ns: int) -> None:
        self._pending.append((stamp_ns, chunk.tobytes()))
        if len(self._pending) == self._chunks_per_message:
            self._publish()

    def _publish(self) -> None:
        stamp_ns = self._pending[0][0]
        self._message.header.stamp = to_stamp(stamp_ns)
        self._message.audio.data = array.array('B', b''.join(data for _, data in self._pending))
        self._pending = []
        self._chunks.publish(self._message)
        self._meter.tick((self.now_ns() - stamp_ns) * 1e-9)

    def _on_end(self, capture: Capture) -> None:
        if self._pending:
            self._publish()
        stats = capture.stats()
        end = EndOfStream(source=capture.description, error=stats.error)
        end.header.stamp = to_stamp(stats.end_stamp_ns)
        end.header.frame_id = self._message.header.frame_id
        self._end.publish(end)
        self.get_logger().info(f'end of {capture.description}')
        self.later(self.diagnostics.publish)

    def check(self, changes: Sequence[Parameter]) -> None:
        for change in changes:
            if change.name == 'chunk_s':
                _whole_chunks(change.value)
            elif change.name == 'channel':
                check_channel(change.value)

    def report(self) -> Report:
        """Say what is captured, and what was lost."""
        values = self._meter.values()
        if self._capture is None:
            return OK, '', values
        if self._back_pressure is not None:
            self._back_pressure.look()
            values['file is followed by'] = ', '.join(self._back_pressure.known)
            values['file waits for'] = ', '.join(self._back_pressure.awaited)
        stats = self._capture.stats()
        values.update({
            'device': self._capture.description, 'overflows': stats.overflows,
            'gaps': stats.gaps, 'reopened': stats.reopens,
            'end of stream [ns]': stats.end_stamp_ns if stats.ended else ''})
        if stats.failed:
            return ERROR, stats.error, values
        if stats.ended:
            values['problem'] = stats.error
            return (WARN if stats.error else OK), 'end of file', values
        if stats.lost:
            return ERROR, 'the device is lost; trying to reopen it', values
        if self._capture.live and not stats.chunks:
            return ERROR, 'the device is open, but it has given no sound yet', values
        if not self._capture.live and not stats.chunks:
            if values.get('file waits for'):
                return WARN, 'the file waits for ' + values['file waits for'], values
            if self._wait_for_features:
                return WARN, 'the file waits for feature_extraction to subscribe', values
        if self._new_losses(stats.overflows + stats.gaps):
            return WARN, 'audio was lost', values
        if stats.warning:
            return WARN, stats.warning, values
        return OK, '', values


def _whole_chunks(duration_s: float) -> int:
    chunks = duration_s * SAMPLE_RATE_HZ / CHUNK_SAMPLES
    if abs(chunks - round(chunks)) > 1e-6:
        raise SerError(
            f'chunk_s is {duration_s}; allowed: multiples of {CHUNK_SAMPLES / SAMPLE_RATE_HZ}')
    return int(round(chunks))


def main(args: Optional[List[str]] = None) -> int:
    """Run the node."""
    return process.main([AudioCapture], args)


if __name__ == '__main__':
    sys.exit(main())
