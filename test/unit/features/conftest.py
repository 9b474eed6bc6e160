# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Real speech, the reference for features, and the voice activity detector."""

from speech_fixtures import detector, long_speech, reference, speech  # noqa: F401
