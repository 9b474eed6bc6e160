# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Random changes of training windows, one module for each feature set."""
