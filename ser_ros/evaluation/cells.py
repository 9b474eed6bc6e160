# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Figures as the texts of a table's cells."""

import math


def percent(share: float) -> str:
    """Return a share in percent; a dash for NaN."""
    return '-' if math.isnan(share) else f'{100 * share:.1f}'


def points(difference: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    return f'{100 * difference:+.1f}'


def counted(share: float, right: int, of: int) -> str:
    """Return a share in percent with its counts; a dash where there is nothing to count."""
    return f'{percent(share)} ({right} of {of})' if of else '-'


def seconds(value_s: float) -> str:
    """Return a time in seconds; a dash for NaN."""
    return '-' if math.isnan(value_s) else f'{value_s:.1f}'
