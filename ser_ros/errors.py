# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one error type whose text is meant for the person who uses the package."""


class SerError(ValueError):
    """
    Bad input from outside: a file, a parameter, a message or a device.

    The text names the value that was given and what is allowed, so that commands can print it
    and nodes can log it as it is, without a traceback.
    """
