# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What receives results: tables, records, the live view, plain lines."""
