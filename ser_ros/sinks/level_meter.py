# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A level meter to try a microphone with."""

import contextlib
import itertools
import math
from typing import Iterator, Optional, Tuple

import numpy as np
from rich.console import Console
from rich.live import Live
from rich.table import Table

from ser_ros.audio.format import CHUNK_DURATION_S, int16_to_float
from ser_ros.audio.microphone import MicrophoneSource
from ser_ros.audio.source import AudioSource
from ser_ros.features.level import MIN_LEVEL_DBFS, level_dbfs
from ser_ros.sinks.live_parts import level_bar

_CLIPPED_DBFS = -0.01
_LIVE_PERIOD_S = 0.1
_LINE_PERIOD_S = 1.0

Levels = Iterator[Tuple[float, float]]


def show_level(device: str, duration_s: Optional[float] = None) -> int:
    """Show the level of a microphone, as a bar in a terminal, else as a line a second.

    Args:
        device: empty or 'mic' for the default one, an index, or a part of the name.
        duration_s: when to stop; by default with Ctrl-C.

    Returns:
        the exit code, 0.

    Raises:
        SerError: if it cannot be opened, or is lost.
    """
    console = Console(highlight=False, markup=False)
    source = MicrophoneSource(device)
    try:
        console.print(f'{source.description}; Ctrl-C ends')
        show = _show_bar if console.is_terminal else _show_lines
        # Ctrl-C is how one leaves a meter: no error.
        with contextlib.suppress(KeyboardInterrupt):
            show(console, source, duration_s)
    finally:
        source.close()
    return 0


def measure(source: AudioSource, period_s: float, duration_s: Optional[float]) -> Levels:
    """Yield level (RMS) and peak of every period, in dBFS, until the duration is over.

    Args:
        period_s: a whole number of chunks of 20 ms.
    """
    chunks_per_period = round(period_s / CHUNK_DURATION_S)
    periods = itertools.count() if duration_s is None else range(
        max(1, round(duration_s / period_s)))
    for _ in periods:
        chunks = [source.read() for _ in range(chunks_per_period)]
        samples = int16_to_float(np.concatenate([chunk for chunk in chunks if chunk is not None]))
        peak = float(np.abs(samples).max())
        yield level_dbfs(samples), max(MIN_LEVEL_DBFS, 20 * math.log10(peak or 1e-9))


def _show_lines(console: Console, source: AudioSource, duration_s: Optional[float]) -> None:
    for level, peak in measure(source, _LINE_PERIOD_S, duration_s):
        console.print(f'level {level:6.1f} dBFS  peak {peak:6.1f} dBFS{_remark(peak)}')


def _show_bar(console: Console, source: AudioSource, duration_s: Optional[float]) -> None:
    with Live(console=console, refresh_per_second=1 / _LIVE_PERIOD_S) as live:
        for level, peak in measure(source, _LIVE_PERIOD_S, duration_s):
            line = Table.grid(padding=(0, 1), expand=True)
            line.add_column(width=12)
            line.add_column(ratio=1)
            line.add_column(width=30)
            line.add_row(
                f'{level:6.1f} dBFS', level_bar(level),
                f'peak {peak:6.1f} dBFS{_remark(peak)}')
            live.update(line)


def _remark(peak: float) -> str:
    if peak >= _CLIPPED_DBFS:
        return '  clipped'
    return '  muted?' if peak <= MIN_LEVEL_DBFS else ''
