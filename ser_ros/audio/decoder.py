# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the decoders of audio files have in common."""

from ser_ros.audio.blocks import BlockReader

KINDS = 'wav, flac, ogg, opus, mp3, and with PyAV also m4a and whatever else FFmpeg reads'


class Decoder(BlockReader):
    """Gives the samples of an audio file as float32 of shape (n, channels), block by block.

    The number of channels may change from block to block, and so may the rate.

    Attributes:
        rate_hz: sample rate of the latest block; before the first, that of the file's beginning.
        duration_s: length that the file declares; NaN where it declares none or an estimate.
        channels: number of channels at the beginning.
        is_float_pcm: whether the file stores samples as floats, which may have any scale.
        warning: which sound of the file is missing, as the rest of a sentence; empty if none is.
        note: what is odd about the file though all of its sound is there; else empty.
    """

    rate_hz: int
    duration_s = float('nan')
    channels = 1
    is_float_pcm = False
    warning = ''
    note = ''

    def close(self) -> None:
        """Close the file."""
