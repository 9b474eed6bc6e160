# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a robot may say when a negative emotion persists, and when."""
