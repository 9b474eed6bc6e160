# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The networks that a configuration can name."""
