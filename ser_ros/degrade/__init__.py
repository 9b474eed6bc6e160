# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Degradations of a waveform: what happens to speech on its way to a robot.

All take and return float32 (n,) at 16 kHz with full scale at 1.0, and keep n but for
`channel.change_speed`. What is random in them is drawn from a numpy Generator, so that a seed
decides it. Silence stays finite, and silent where nothing is added to it.
"""
