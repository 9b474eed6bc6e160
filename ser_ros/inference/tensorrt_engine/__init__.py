# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT: engines are built in a process of their own, kept in files, and run on the GPU."""
