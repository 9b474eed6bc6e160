# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Inference: model files, the backends that run them, and the thread that serves them."""
