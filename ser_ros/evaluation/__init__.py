# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measure stored models: figures, robustness, false alarms, thresholds, reports."""
