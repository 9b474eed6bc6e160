# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The messages in which sound may come, and which of them feature_extraction listens to.

Two packages have the name audio_common_msgs: that of ros-drivers, which apt gives, and that of
whisper_ros. A workspace can hold only one of them, so the one that is there decides.
"""

from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Tuple

from ser_ros import interfaces
from ser_ros.audio.format import MAX_RATE_HZ, SAMPLE_FORMATS, check_audio_info
from ser_ros.errors import SerError
from ser_ros.nodes import qos
from ser_ros.nodes.parameters import spec
from ser_ros.nodes.topics import message_class, subscribes

if TYPE_CHECKING:
    from ser_ros.nodes.managed import ManagedNode

AUTO = 'auto'
STAMPED = 'AudioDataStamped'
OTHER_STAMPED = 'AudioStamped'
PLAIN = 'AudioData'

AUDIO = 'audio/audio_stamped'
INFO = 'audio/audio_info'
OTHER_AUDIO = 'audio'
PLAIN_AUDIO = 'audio/audio'
_TOPIC_OF = {STAMPED: AUDIO, OTHER_STAMPED: OTHER_AUDIO, PLAIN: PLAIN_AUDIO}

_PACKAGE = 'audio_common_msgs/'
TOPICS = (
    subscribes(AUDIO, _PACKAGE + STAMPED, qos.AUDIO, 'Sound of any PCM format.'),
    subscribes(INFO, _PACKAGE + 'AudioInfo', qos.LATCHED, 'Format of the sound.'),
    subscribes(OTHER_AUDIO, _PACKAGE + OTHER_STAMPED, qos.OTHER_AUDIO,
               'Sound of whisper_ros, with input_type AudioStamped.'),
    subscribes(PLAIN_AUDIO, _PACKAGE + PLAIN, qos.AUDIO,
               'Sound without stamps, with input_type AudioData.'),
)
PARAMETERS = (
    spec('input_type', 'Messages in which the sound comes. auto: AudioStamped where the '
         'audio_common_msgs of whisper_ros is installed, else AudioDataStamped. AudioData has no '
         'stamps, so the time of arrival counts.',
         choices=(AUTO, STAMPED, OTHER_STAMPED, PLAIN)),
    spec('input_rate_hz', 'Sample rate of AudioData [Hz]. 0: audio_info declares the format.',
         range=(0, MAX_RATE_HZ)),
    spec('input_channels', 'Number of channels of AudioData, where input_rate_hz is given.',
         range=(1, 64)),
    spec('input_sample_format', 'Sample format of AudioData, where input_rate_hz is given. That '
         'of whisper_ros holds its own.', choices=SAMPLE_FORMATS),
)

# Channels, sample rate, sample format, coding format.
Format = Tuple[int, int, str, str]


class InputType(NamedTuple):
    """What is listened to.

    Attributes:
        message: one of STAMPED, OTHER_STAMPED and PLAIN.
        format: the format that parameters give; None where messages say it.
    """

    message: str
    format: Optional[Format] = None

    @property
    def topic(self) -> str:
        """The name of the topic on which the sound comes."""
        return _TOPIC_OF[self.message]

    @property
    def needs_info(self) -> bool:
        """Whether audio_info declares the format."""
        return self.message != OTHER_STAMPED and self.format is None


def is_other_package() -> bool:
    """Return whether the audio_common_msgs that is there is that of whisper_ros."""
    return _class(OTHER_STAMPED) is not None


def default() -> InputType:
    """Return what is listened to with input_type auto."""
    return InputType(OTHER_STAMPED if is_other_package() else STAMPED)


def choose(node: 'ManagedNode') -> InputType:
    """Return what the parameters of a node ask for.

    Raises:
        SerError: the messages are not there, or nothing says their format.
    """
    message = node.value('input_type')
    if message == AUTO:
        message = default().message
    if message != PLAIN:
        _check_installed(message)
        return InputType(message)
    if _class(PLAIN) is None:
        interfaces.check_audio_messages()
    rate_hz = node.value('input_rate_hz')
    if rate_hz:
        audio_format = (
            node.value('input_channels'), rate_hz, node.value('input_sample_format'), 'WAVE')
        check_audio_info(*audio_format)
        return InputType(PLAIN, audio_format)
    if is_other_package():
        raise SerError('input_rate_hz is 0, but the AudioData of whisper_ros comes without an '
                       'audio_info: set input_rate_hz and input_channels')
    return InputType(PLAIN)


def _check_installed(message: str) -> None:
    if message == STAMPED:
        interfaces.check_audio_messages()
    elif _class(message) is None:
        raise SerError(
            f'input_type is {message}, which only the audio_common_msgs of whisper_ros has, and '
            f'it is not sourced; allowed here: {AUTO}, {STAMPED} or {PLAIN}')


def _class(message: str) -> Any:
    return message_class(_PACKAGE + message)
