# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several channels to one, also where they cancel each other or some are silent."""

from typing import Iterable, List, Optional

import numpy as np

from ser_ros.errors import SerError

AUTO = 'auto'
MEAN = 'mean'
LOUDEST = 'loudest'

# Decisions are made for this many frames at a time, counted from the start of the stream. So they
# do not depend on how a stream is cut.
_FRAMES = 1024
# The powers are means over this many pieces with sound, 1 to 3 s; over fewer at the beginning.
_MEMORY = 50
# Pieces with sound before the first decision, 0.2 to 0.6 s.
_CERTAIN = 10
# Power under which a channel holds no sound [re full scale], -60 dBFS.
_AUDIBLE = 1e-6
# The mean of n channels of which one holds sound has 1/n^2 of its power. Less than this share of
# that is left only where channels cancel each other; from the second share on they no longer do.
_CANCELLED, _RESTORED = 0.5, 0.9
# Another channel is the loudest from this ratio of powers on, 3 dB.
_LOUDER = 2.0
_AS_LOUD = 0.999
# A channel is silent with less than this share of the loudest one's power, -60 dB.
_SILENT = 1e-6
# Sound after which a channel that stayed silent is reported, in pieces: 4 to 13 s.
_PATIENCE = 200
_LISTED = 8


def check_channel(choice: str) -> str:
    """Return the choice of a channel if it is one.

    Raises:
        SerError: unless it is 'auto', 'mean', 'loudest' or the index of a channel.
    """
    if choice not in (AUTO, MEAN, LOUDEST) and not choice.isdigit():
        raise SerError(
            f"channel is '{choice}'; allowed: {AUTO}, {MEAN}, {LOUDEST} or the index of a channel "
            'from 0')
    return choice


class ChannelMixer:
    """Makes one channel of a stream of several.

    'auto' is the mean, or the loudest channel while channels cancel each other. 'mean' is the mean
    whatever comes of it, 'loudest' the channel with the most power, an index the channel itself.
    Where there is one channel, there is no choice.

    Args:
        choice: see `check_channel`.

    Attributes:
        problem: what is wrong with the channels, as a sentence without its end; else empty.

    Raises:
        SerError: if there is no such choice.
    """

    def __init__(self, choice: str = AUTO):
        self._choice = check_channel(choice)
        self.problem = ''
        self._pieces = 0
        self._single: Optional[int] = None
        self._start(0)

    def mix(self, samples: np.ndarray) -> np.ndarray:
        """Return one channel.

        Args:
            samples: float32 (n, channels).

        Returns:
            float32 (n,).

        Raises:
            SerError: if the chosen channel does not exist.
        """
        n_frames, channels = samples.shape
        if channels == 1:
            return samples[:, 0]
        if self._choice.isdigit():
            if int(self._choice) >= channels:
                raise SerError(f'channel {self._choice} does not exist; the audio has {channels} '
                               f'channels, 0 to {channels - 1}')
            return samples[:, int(self._choice)]
        if channels != self._power.size:
            self._start(channels)
        mono = np.empty(n_frames, np.float32)
        start = 0
        while start < n_frames:
            part = samples[start:start + _FRAMES - self._pending_frames]
            mono[start:start + len(part)] = self._mix(part)
            start += len(part)
            self._pending.append(part)
            self._pending_frames += len(part)
            if self._pending_frames == _FRAMES:
                self._decide()
        return mono

    def survey(self, blocks: Iterable[np.ndarray]) -> None:
        """Look at the beginning of a stream before it comes: what is known then holds at once.

        Args:
            blocks: as for `mix`; those with another number of channels than the first are not used.
        """
        for block in blocks:
            if not self._pieces:
                self._start(block.shape[1])
            if block.shape[1] == self._power.size:
                self._measure(block)
                self._pieces += 1
        if self._pieces and self._power.max() > 0:
            if self._choice == AUTO:
                self._live = self._power > _SILENT * self._power.max()
            if self._choice == LOUDEST:
                self._single = self._loudest()
            self._choose()
        self._pieces = min(self._pieces, _MEMORY)

    def _start(self, channels: int) -> None:
        self._power = np.zeros(channels)
        self._mean_power = 0.0
        self._pieces = 0
        self._live = np.ones(channels, bool)
        self._seen = np.zeros(channels, bool)
        self._cancelled = False
        self._single = 0 if self._choice == LOUDEST else None
        self._pending: List[np.ndarray] = []
        self._pending_frames = 0

    def _mix(self, part: np.ndarray) -> np.ndarray:
        if self._single is not None:
            return part[:, self._single]
        if self._live.all():
            return part.mean(axis=1)
        return part[:, self._live].mean(axis=1)

    def _decide(self) -> None:
        """Choose for the next frames, by all that came before."""
        piece = np.concatenate(self._pending)
        self._pending, self._pending_frames = [], 0
        power = self._measure(piece)
        if power.max() < _AUDIBLE:
            return
        self._pieces += 1
        self._seen |= power > _SILENT * self._power.max()
        self._live |= power > _AUDIBLE
        if self._pieces >= _CERTAIN:
            self._choose()

    def _measure(self, piece: np.ndarray) -> np.ndarray:
        """Take in the powers of a piece, without offsets, and return those of its channels."""
        gain = 1 / (min(self._pieces, _MEMORY) + 1)
        power = np.var(piece, axis=0, dtype=np.float64)
        self._power += gain * (power - self._power)
        self._mean_power += gain * (float(np.var(piece.mean(axis=1))) - self._mean_power)
        return power

    def _choose(self) -> None:
        loudest = self._loudest()
        if self._choice == LOUDEST:
            assert self._single is not None
            if self._power[loudest] > _LOUDER * self._power[self._single]:
                self._single = loudest
            return
        share = self._mean_power / self._power[loudest] * self._power.size ** 2
        if share < _CANCELLED and not self._cancelled:
            self._cancelled = True
            self._single = loudest if self._choice == AUTO else None
        elif share > _RESTORED and self._cancelled:
            self._cancelled = False
            self._single = None
        self._report()

    def _loudest(self) -> int:
        """Return the first of the channels that are as good as the loudest."""
        return int((self._power > _AS_LOUD * self._power.max()).argmax())

    def _report(self) -> None:
        silent = ~self._live
        if self._pieces > _PATIENCE:
            silent = silent | ~self._seen
        if self._cancelled:
            self.problem = 'the channels cancel each other' + (
                '' if self._single is None
                else f'; only channel {self._single}, the loudest, is used')
        elif silent.any():
            names = ', '.join(str(index) for index in np.flatnonzero(silent)[:_LISTED])
            rest = ', ...' if silent.sum() > _LISTED else ''
            self.problem = f'{silent.sum()} of {silent.size} channels are silent: {names}{rest}'
        else:
            self.problem = ''
