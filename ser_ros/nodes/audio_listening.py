# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The sound that feature_extraction hears: whose it is, and in which format."""

import collections
from typing import TYPE_CHECKING, Any, Callable, Deque, Dict, Optional, Tuple

from rclpy.subscription import Subscription
from std_msgs.msg import Header

from ser_ros.audio.format import NS_PER_S, check_audio_info
from ser_ros.errors import SerError
from ser_ros.features.level import MIN_LEVEL_DBFS
from ser_ros.nodes import input_types
from ser_ros.nodes.arrival import ArrivalClock
from ser_ros.nodes.audio_stamped import Chunk, Data, convert, convert_plain
from ser_ros.nodes.departures import Departures
from ser_ros.nodes.followed import GONE_S, Followed
from ser_ros.nodes.input_types import INFO, Format, InputType
from ser_ros.nodes.inputs import Input, publisher_names
from ser_ros.nodes.qos import sequence_of
from ser_ros.nodes.stamps import to_ns, to_stamp
from ser_ros.windows.audio_input import FeatureStage

if TYPE_CHECKING:
    from ser_ros.nodes.audio_messages import AudioDataStamped, AudioInfo
    from ser_ros.nodes.managed import ManagedNode

# Audio that came before audio_info: the two topics are not ordered against each other.
WAITING_CHUNKS = 500
# This many are not just out of order.
UNHEARD_CHUNKS = 100
# Digital zeros for this time are no quiet room.
SILENT_NS = 10 * NS_PER_S


class AudioListening:
    """Takes chunks of one publisher in the format that it has announced.

    Attributes:
        topic: name of the topic on which the sound comes.
        input: whose chunks are taken, and whether they come.
        refused: number of chunks in a format that can't be decoded.
        contradiction: what another publisher of audio_info says; '' if nothing.
    """

    def __init__(self, node: 'ManagedNode', input_type: InputType,
                 hear: Callable[[FeatureStage, 'AudioDataStamped'], None],
                 complain: Callable[[str], None]):
        """Hear nothing yet.

        Args:
            node: the node that listens.
            input_type: what it listens to.
            hear: takes the stage and a chunk that it can decode.
            complain: takes a text for people, again and again for each chunk.
        """
        self.input = Input(
            node, input_type.topic, 'sound',
            'Look at audio_capture: does it run, and is it active?')
        self.topic = input_type.topic
        self.refused = 0
        self._node = node
        self._type = input_type
        self._log = node.get_logger()
        self._hear = hear
        self._complain = complain
        self._infos = Followed(lambda: publisher_names(node, INFO))
        # Of the format, while the node listens to it.
        self._info_subscription: Optional[Subscription] = None
        self.departures = Departures(node, INFO, self._ask_again)
        self._stage: Optional[FeatureStage] = None
        self.stop()

    def stop(self) -> None:
        """Forget everything heard; no chunk is taken any more."""
        self.input.stop()
        self._info_subscription = None  # the node ends it
        self._stage = None
        self._format: Optional[Format] = None
        self._foreign: Optional[Format] = None
        self._changes = self.input.followed.changes
        self._infos.forget()
        self._waiting: Deque['AudioDataStamped'] = collections.deque(maxlen=WAITING_CHUNKS)
        self._arrival: Optional[Tuple[Format, ArrivalClock]] = None
        self._silent_since_ns: Optional[int] = None
        self._silent_ns = 0
        self.contradiction = ''

    def start(self) -> None:
        """Subscribe to the sound, and to its format where that comes on a topic of its own."""
        # Before the subscription: a file waits for it, so no sound of it is lost.
        self.input.start()
        if self._type.format is not None:
            self._set_format(self._type.format)
        if self._type.needs_info:
            self._info_subscription = self._node.subscribe_to(INFO, self.on_info)
        callback = {input_types.STAMPED: self.on_audio, input_types.PLAIN: self.on_plain_audio,
                    input_types.OTHER_STAMPED: self.on_other_audio}[self._type.message]
        self._node.subscribe_to(self.topic, callback)

    def _ask_again(self) -> None:
        """Get what the others have latched: the format may be of a publisher that is gone."""
        if self._info_subscription is not None:
            self._infos.forget()
            self._foreign = None
            self._node.unsubscribe(self._info_subscription)
            self._info_subscription = self._node.subscribe_to(INFO, self.on_info)

    def serve(self, stage: Optional[FeatureStage]) -> None:
        """Give what comes to this stage from now on."""
        self._stage = stage
        if stage is not None and self._format is not None:
            stage.set_format(*self._format)

    def on_info(self, info: 'AudioInfo', message_info: Dict[str, Any]) -> None:
        """Take in the format of the sound; that of another publisher only if nothing works."""
        audio_format = (info.channels, info.sample_rate, info.sample_format, info.coding_format)
        takes = self._infos.takes(sequence_of(message_info))
        if not takes and self._works(audio_format):
            self._foreign = audio_format
            self._contradict(audio_format)
            return
        if not takes:
            self._infos.forget()
            self._infos.takes(sequence_of(message_info))
        self._set_format(audio_format)

    def _works(self, other: Format) -> bool:
        """Return whether there is sound without the other format, or could not be with it."""
        stage = self._stage
        if stage is None or not stage.ready:
            return False
        if stage.heard_ns is not None and self.input.followed.silence_s < GONE_S:
            return True
        try:
            check_audio_info(*other)
        except SerError:
            return True
        return False

    def _contradict(self, audio_format: Format) -> None:
        text = ''
        if audio_format != self._format:
            channels, rate_hz, sample_format, coding = audio_format
            text = (f'another publisher of {INFO} says {channels} channels, {rate_hz} Hz, '
                    f'{sample_format}, {coding}; it is not followed')
            if text != self.contradiction:
                self._log.warning(text)
        self.contradiction = text

    def _set_format(self, audio_format: Format) -> None:
        self._format = audio_format
        self._foreign = None
        self.contradiction = ''
        if self._stage is None:
            return
        try:
            self._stage.set_format(*audio_format)
        except SerError as error:
            # Whatever comes now is in that format: it must not be taken for another.
            self._waiting.clear()
            self._complain(f'{INFO}: {error}')
            return
        waiting = list(self._waiting)
        self._waiting.clear()
        for message in waiting:
            self._hear(self._stage, message)

    def on_other_audio(self, message: Any, message_info: Dict[str, Any]) -> None:
        """Take in an AudioStamped of whisper_ros, which holds its own format."""
        if not self.input.takes(message_info, to_ns(message.header.stamp)):
            return
        try:
            chunk, audio_format = convert(message)
        except SerError as error:
            self._refuse(error)
            return
        if audio_format != self._format:
            self._set_format(audio_format)
        self._take(chunk)

    def on_plain_audio(self, message: Any, message_info: Dict[str, Any]) -> None:
        """Take in an AudioData, which has no stamp; that of whisper_ros holds its type."""
        if not self.input.takes(message_info, self._node.now_ns()):
            return
        data = getattr(message, 'data', None)
        if data is None:
            try:
                data, sample_format = convert_plain(message)
            except SerError as error:
                self._refuse(error)
                return
            assert self._type.format is not None, 'checked while configured'
            audio_format = self._type.format[:2] + (sample_format, 'WAVE')
            if audio_format != self._format:
                self._set_format(audio_format)
        header = Header(stamp=to_stamp(self._arrival_ns(data)))
        self._take(Chunk(header, Data(data)))

    def _arrival_ns(self, data: Any) -> int:
        """Return the time of the first sample of a chunk that arrives now."""
        stage, audio_format = self._stage, self._format
        if stage is None or not stage.ready or audio_format is None:
            return self._node.now_ns()
        if self._arrival is None or self._arrival[0] != audio_format:
            self._arrival = (audio_format, ArrivalClock(self._node.now_ns, *audio_format[:3]))
        return self._arrival[1].stamp_ns(data)

    def _refuse(self, error: SerError) -> None:
        self.refused += 1
        self._complain(f'{self.topic}: {error}')

    def on_audio(self, message: 'AudioDataStamped', message_info: Dict[str, Any]) -> None:
        """Take in a chunk of the publisher that is followed."""
        if self.input.takes(message_info, to_ns(message.header.stamp)):
            self._take(message)

    def _take(self, message: 'AudioDataStamped') -> None:
        if self._changes != self.input.followed.changes:
            self._changes = self.input.followed.changes
            if self._foreign is not None:
                self._set_format(self._foreign)
        stage = self._stage
        if stage is not None and stage.ready:
            self._hear(stage, message)
        elif self._format is not None:
            self.refused += 1  # the format was refused
        else:
            self._waiting.append(message)
            if len(self._waiting) == UNHEARD_CHUNKS:
                self._complain(
                    f'{self.topic} arrives, but nobody publishes its format on {INFO}')

    def hear_level(self, level_dbfs: float, start_ns: int, end_ns: int) -> None:
        """Take in the level of a window."""
        if level_dbfs > MIN_LEVEL_DBFS:
            self._silent_since_ns, self._silent_ns = None, 0
        elif self._silent_since_ns is None or end_ns < self._silent_since_ns:
            self._silent_since_ns = start_ns
        else:
            self._silent_ns = end_ns - self._silent_since_ns

    @property
    def problem(self) -> str:
        """What is odd about sound that comes; '' if nothing."""
        if self._silent_ns >= SILENT_NS:
            return (f'{self.topic} holds nothing but digital zeros for '
                    f'{self._silent_ns // NS_PER_S} s: is the microphone muted or unplugged?')
        return self.contradiction
