# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From microphones and audio files to 20 ms chunks of 16 kHz mono."""
