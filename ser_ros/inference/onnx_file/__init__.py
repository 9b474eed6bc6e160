# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an ONNX file says about itself, and the other forms that a file can take."""
