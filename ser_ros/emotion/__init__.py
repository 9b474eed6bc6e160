# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the probabilities of single windows to the emotion that is said to be heard."""
