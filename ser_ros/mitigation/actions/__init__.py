# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a robot can do for a person: an action is a class with checked options."""
