# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A person speaks for some seconds, and sees that they are heard."""

import itertools
from typing import Iterator, Optional

import numpy as np
from rich.console import Console
from rich.live import Live
from rich.table import Table

from ser_ros.audio.format import CHUNK_DURATION_S, int16_to_float
from ser_ros.audio.source import AudioSource
from ser_ros.features.level import level_dbfs
from ser_ros.sinks.live_parts import level_bar

_LIVE_PERIOD_S = 0.2
_LINE_PERIOD_S = 2.0
_BLOCK_S = 1.0


def listen(source: AudioSource, seconds: Optional[float] = None,
           shown: bool = False) -> Iterator[np.ndarray]:
    """Yield the sound of a source, float32.

    Args:
        source: where it comes from.
        seconds: when to stop; None for the end of the source.
        shown: show level and time left on standard error.
    """
    chunks = iter(source)
    if seconds is not None:
        chunks = itertools.islice(chunks, max(1, round(seconds / CHUNK_DURATION_S)))
    sound = map(int16_to_float, chunks)
    if not shown or seconds is None:
        yield from _periods(sound, _BLOCK_S)  # chunk by chunk the features cost far more
        return
    console = Console(stderr=True, highlight=False, markup=False)
    if console.is_terminal:
        with Live(console=console, refresh_per_second=1 / _LIVE_PERIOD_S, transient=True) as live:
            for samples in _periods(sound, _LIVE_PERIOD_S):
                yield samples
                seconds -= _LIVE_PERIOD_S
                live.update(_bar(level_dbfs(samples), seconds))
        return
    for samples in _periods(sound, _LINE_PERIOD_S):
        yield samples
        seconds -= _LINE_PERIOD_S
        console.print(f'level {level_dbfs(samples):.1f} dBFS, {max(seconds, 0.0):.0f} s left')


def _periods(sound: Iterator[np.ndarray], period_s: float) -> Iterator[np.ndarray]:
    """Join chunks of 20 ms."""
    while True:
        parts = list(itertools.islice(sound, round(period_s / CHUNK_DURATION_S)))
        if not parts:
            return
        yield np.concatenate(parts)


def _bar(level: float, left_s: float) -> Table:
    line = Table.grid(padding=(0, 1), expand=True)
    line.add_column(width=12)
    line.add_column(ratio=1)
    line.add_column(width=12)
    line.add_row(f'{level:6.1f} dBFS', level_bar(level, 'green'), f'{max(left_s, 0.0):.0f} s left')
    return line
