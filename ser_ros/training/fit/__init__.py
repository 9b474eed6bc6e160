# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fit networks to clips, and keep what a training leaves behind."""
