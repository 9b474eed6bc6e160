# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The graph: four managed nodes, each a thin shell around plain modules."""
