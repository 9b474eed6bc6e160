# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one error that is answered by building anew."""

from ser_ros.errors import SerError


class UnusableEngine(SerError):
    """A stored engine is missing, broken, foreign or wrong: another one has to be built."""
