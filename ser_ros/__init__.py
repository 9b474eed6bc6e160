# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Real-time speech emotion recognition for ROS 2."""

import os

__version__ = '0.1.0'

# From 1.29 on ONNX Runtime reports models and usage to its maker, unless it is told not to before
# it is imported. What a robot hears is nobody else's business.
os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')
