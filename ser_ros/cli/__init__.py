# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The commands of ``ser_ros``: in each file ``add_parser`` says what it takes, ``run`` does it."""
