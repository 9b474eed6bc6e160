# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The graph: four managed nodes, each a thin shell around plain modules."""

from ser_ros.nodes import environment

# Before any module of ROS is imported.
environment.check()
