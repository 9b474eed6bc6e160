# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The messages of the graph, in one place; SerError where they can't be had."""

from ser_ros import interfaces

interfaces.check()

from audio_common_msgs.msg import AudioDataStamped, AudioInfo  # noqa: E402

from ser_ros.msg import (  # noqa: E402
    Emotion,
    EndOfStream,
    Mitigation,
    MitigationState,
    ModelInfo,
    SpeechFeatures,
)

__all__ = [
    'AudioDataStamped', 'AudioInfo', 'Emotion', 'EndOfStream', 'Mitigation',
    'MitigationState', 'ModelInfo', 'SpeechFeatures']
