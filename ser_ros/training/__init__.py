# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training and evaluation; the only part that needs torch, and Python 3.10 or newer."""
