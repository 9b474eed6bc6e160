# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The frames that a sound is cut into."""

from typing import NamedTuple


class Grid(NamedTuple):
    """Frames that overlap, without padding at the ends.

    Attributes:
        frame_samples: length of a frame.
        hop_samples: step from one frame to the next.
        window_hops: frames in a window.
    """

    frame_samples: int
    hop_samples: int
    window_hops: int

    @property
    def window_samples(self) -> int:
        """Length of a window."""
        return (self.window_hops - 1) * self.hop_samples + self.frame_samples

    def hops(self, samples: int) -> int:
        """Return the number of frames that are complete in a sound of this length."""
        return max(0, (samples - self.frame_samples) // self.hop_samples + 1)


# Frames of 64 ms, one every 20 ms: long enough for two periods of a low voice. A window of 128 is
# 41 664 samples (2.604 s).
VOICE_GRID = Grid(1024, 320, 128)
