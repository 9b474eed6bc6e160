# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fit a stored model to labelled clips of a user."""
