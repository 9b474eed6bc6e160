# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Our own messages, in one place; SerError where they can't be had."""

from ser_ros import interfaces

interfaces.check_own_messages()

from ser_ros.msg import (  # noqa: E402
    AudioProgress,
    Emotion,
    EndOfStream,
    Mitigation,
    MitigationState,
    ModelInfo,
    SpeechFeatures,
)

__all__ = [
    'AudioProgress', 'Emotion', 'EndOfStream', 'Mitigation', 'MitigationState', 'ModelInfo',
    'SpeechFeatures']
