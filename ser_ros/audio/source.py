# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a microphone and an audio file have in common."""

import abc
from typing import Optional

import numpy as np

from ser_ros.audio.blocks import BlockReader
from ser_ros.errors import SerError


class DeviceLost(SerError):
    """A microphone that was open has stopped to deliver; opening it again may help."""


class AudioSource(BlockReader):
    """A stream of 20 ms chunks of 16 kHz mono: ``for chunk in source``.

    Attributes:
        description: what is being read, for people.
        live: True for a microphone: it sets the pace, and what is not read in time is lost.
        overflows: how often audio was lost so far because it was not fetched in time.
        warning: what a person should know about the audio, such as a file that breaks off;
            empty if there is nothing.
        incomplete: whether sound of a file is missing in what was read.
        captured_at_s: when the first sample of the latest chunk was captured, on the clock of
            time.monotonic(); NaN for a file.
    """

    description = ''
    live = False
    overflows = 0
    warning = ''
    incomplete = False
    captured_at_s = float('nan')

    @abc.abstractmethod
    def read(self) -> Optional[np.ndarray]:
        """Return the next chunk, int16 of shape (320,), or None if there are no more.

        Raises:
            DeviceLost: if a microphone has stopped to deliver.
            SerError: if a file cannot be decoded any further.
        """

    @abc.abstractmethod
    def interrupt(self) -> None:
        """Make a read that waits for a device return None soon; may be called by any thread."""

    @abc.abstractmethod
    def close(self) -> None:
        """Give file or device back; only the thread that reads may call this."""
