# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Persons, a robot and faults in simulated time, around the real mitigation."""
