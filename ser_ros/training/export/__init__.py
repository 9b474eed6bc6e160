# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a trained network to ONNX files."""
