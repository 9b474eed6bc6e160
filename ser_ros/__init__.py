# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Real-time speech emotion recognition for ROS 2."""

__version__ = '0.1.0'
