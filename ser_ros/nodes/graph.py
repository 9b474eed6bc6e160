#!/usr/bin/env python3
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All four nodes in one process: less memory, for small boards."""

import sys
from typing import List, Optional

from ser_ros.nodes import process
from ser_ros.nodes.audio_capture import AudioCapture
from ser_ros.nodes.emotion_inference import EmotionInference
from ser_ros.nodes.feature_extraction import FeatureExtraction
from ser_ros.nodes.mitigation_responder import MitigationResponder

# Against the flow of the data: whoever listens is there before somebody speaks.
NODES = (MitigationResponder, EmotionInference, FeatureExtraction, AudioCapture)


def main(args: Optional[List[str]] = None) -> int:
    """Run the graph."""
    return process.main(NODES, args)


if __name__ == '__main__':
    sys.exit(main())
