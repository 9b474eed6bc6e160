# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the whole graph answers to talks made of labelled clips, and which limits suit it."""
