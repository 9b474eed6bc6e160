# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From samples to the input of a model: the feature sets."""
