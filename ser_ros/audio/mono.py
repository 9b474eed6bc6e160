# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The sound of an audio file as one channel in full scale 1.0, however it is stored."""

import contextlib
from typing import Dict, Iterator, Optional

import numpy as np

from ser_ros.audio.blocks import BlockReader
from ser_ros.audio.channels import AUTO, ChannelMixer
from ser_ros.audio.decoder import Decoder
from ser_ros.audio.decoders import open_decoder
from ser_ros.audio.format import MAX_PEAK, beyond_full_scale, check_finite, check_peak
from ser_ros.errors import SerError

# How much of a file with several channels is looked at before it is read.
_SURVEY_S = 60.0
# Samples stored as floats without a division have the scale of integers of so many bits.
_INTEGER_BITS = (16, 24, 32)


class MonoReader(BlockReader):
    """Reads an audio file as one channel, block by block.

    Floats of another scale than 1.0 are scaled: by the integers that they once were, or by their
    peak where they only exceed it. Nothing is clipped.

    Attributes:
        rate_hz: sample rate of the latest block; it may change inside a file.
        duration_s: length that the file declares, or NaN; at its end, that of what was read.
    """

    def __init__(self, path: str, channel: str = AUTO):
        """Open the file.

        Args:
            path: of the file.
            channel: see `ChannelMixer`.

        Raises:
            SerError: if it cannot be read; the text names it.
        """
        self._path = path
        self._mixer = ChannelMixer(channel)
        self._scale = np.float32(1.0)
        self._scale_note = ''
        self._frames: Dict[int, int] = {}  # by rate
        self._decoder = open_decoder(path)
        self.rate_hz = self._decoder.rate_hz
        self.duration_s = self._decoder.duration_s
        try:
            if self._decoder.channels > 1:
                self._survey_channels()
            if self._decoder.is_float_pcm:
                self._find_scale()
        except SerError:
            self.close()
            raise

    def read(self) -> Optional[np.ndarray]:
        """Return the next samples, float32 (n,), or None at the end.

        Raises:
            SerError: for samples that are not finite or cannot be sound.
        """
        block = self._decoder.read()
        if block is None:
            self.duration_s = sum(n / rate_hz for rate_hz, n in self._frames.items())
            return None
        check_finite(block, f"'{self._path}'")
        self.rate_hz = self._decoder.rate_hz
        self._frames[self.rate_hz] = self._frames.get(self.rate_hz, 0) + len(block)
        try:
            mono = self._mixer.mix(block)
        except SerError as error:
            raise SerError(f"'{self._path}': {error}") from error
        if self._scale != 1:
            return mono * self._scale
        check_peak(mono, f"'{self._path}'")
        return mono

    def close(self) -> None:
        """Close the file."""
        self._decoder.close()

    @property
    def missing(self) -> str:
        """Which sound of the file is missing so far, as the rest of a sentence; '' if none is."""
        return self._decoder.warning

    @property
    def note(self) -> str:
        """What is odd about the file though all of its sound is there; else empty."""
        parts = (self._decoder.note, self._scale_note, self._mixer.problem)
        return '; '.join(part for part in parts if part)

    def _survey_channels(self) -> None:
        with _again(self._path) as decoder:
            self._mixer.survey(_beginning(decoder))

    def _find_scale(self) -> None:
        with _again(self._path) as decoder:
            # fmax: what is not finite is refused when it is read.
            peak = max((float(np.fmax.reduce(np.abs(block), axis=None)) for block in decoder),
                       default=0.0)
        if not 1.0 < peak < np.inf:
            return
        full_scale = peak
        if peak > MAX_PEAK:
            fitting = [2.0 ** (bits - 1) for bits in _INTEGER_BITS if peak <= 2.0 ** (bits - 1)]
            if not fitting:
                raise SerError(beyond_full_scale(peak, f"'{self._path}'"))
            full_scale = fitting[0]
        self._scale = np.float32(1 / full_scale)
        self._scale_note = (f'holds samples up to {peak:.6g}, where 1.0 is full scale; they are '
                            f'divided by {full_scale:.6g}')


@contextlib.contextmanager
def _again(path: str) -> Iterator[Decoder]:
    """Open a file a second time, to look at it before it is read."""
    with contextlib.closing(open_decoder(path)) as decoder:
        yield decoder


def _beginning(decoder: Decoder) -> Iterator[np.ndarray]:
    seconds = 0.0
    for block in decoder:
        if np.isfinite(block).all():
            yield block
        seconds += len(block) / decoder.rate_hz
        if seconds >= _SURVEY_S:
            return
