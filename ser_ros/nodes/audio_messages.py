# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The messages of sound that audio_capture publishes; SerError where they can't be had.

Apart from `ser_ros.nodes.messages`, so that the other nodes run where another package of the name
audio_common_msgs is sourced.
"""

from ser_ros import interfaces

interfaces.check_audio_messages()

from audio_common_msgs.msg import AudioDataStamped, AudioInfo  # noqa: E402

__all__ = ['AudioDataStamped', 'AudioInfo']
