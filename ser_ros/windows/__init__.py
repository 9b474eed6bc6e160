# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From stamped sound to windows: the stream, voice activity, and the robot's own speech."""
