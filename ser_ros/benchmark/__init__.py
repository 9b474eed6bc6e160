# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Times, memory and CPU of every backend and precision on this machine."""
