# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The messages of the graph, in one place."""

import sys

from ser_ros import interfaces
from ser_ros.errors import SerError

try:
    interfaces.check()
except SerError as error:
    # A node can't do without, and a traceback would only hide the reason.
    sys.exit('ser_ros: error: {}'.format(error))

from audio_common_msgs.msg import AudioDataStamped, AudioInfo  # noqa: E402

from ser_ros.msg import Emotion, Mitigation, ModelInfo, SpeechFeatures  # noqa: E402

__all__ = [
    'AudioDataStamped', 'AudioInfo', 'Emotion', 'Mitigation', 'ModelInfo', 'SpeechFeatures']
