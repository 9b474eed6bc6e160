# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Something like speech, for benchmarks and tests that need no recording."""

from ser_ros.benchmark.sound import speech_like

__all__ = ['speech_like']
