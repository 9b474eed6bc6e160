# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an audio file holds, without regard to what it is labelled as."""

import hashlib
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np

from ser_ros.audio.format import check_rate, float_to_int16
from ser_ros.audio.mono import MonoReader
from ser_ros.audio.offset import OFFSET
from ser_ros.errors import SerError
from ser_ros.features.level import MIN_LEVEL_DBFS, level_dbfs
from ser_ros.messages import tell
from ser_ros.progress import Progress


@dataclass(frozen=True)
class ClipCheck:
    """What was measured of a file.

    Attributes:
        duration_s, rate_hz: of what could be decoded.
        level_dbfs: RMS over the whole file, as one channel and without an offset, -120..0.
        content: digest of the samples, rounded to 16 bits, and their rate: equal for the same sound
            in another container. '' where nothing could be decoded.
        problem: why the file, or a part of it, cannot be used, or ''.
        note: what is odd about the file though all of it is used, or ''.
    """

    duration_s: float
    rate_hz: int
    level_dbfs: float
    content: str
    problem: str
    note: str = ''


def measure(path: Path) -> ClipCheck:
    """Decode a file from start to end; what is wrong with it becomes its ``problem``."""
    try:
        with closing(MonoReader(str(path))) as reader:
            check_rate(reader.rate_hz)
            return _measure(reader, path)
    except SerError as error:
        return ClipCheck(0.0, 0, MIN_LEVEL_DBFS, '', str(error))


def _measure(reader: MonoReader, path: Path) -> ClipCheck:
    samples = np.concatenate([np.zeros(0, np.float32), *reader])
    problem = f"'{path}' {reader.missing}" if reader.missing else ''
    if not len(samples):
        raise SerError(problem or f"'{path}' contains no audio samples")
    notes = [f"'{path}' {reader.note}"] if reader.note else []
    offset = float(np.mean(samples, dtype=np.float64))
    if abs(offset) >= OFFSET:
        notes.append(f"'{path}' has an offset of {offset:.3f}, which is taken out")
    else:
        offset = 0.0
    digest = hashlib.sha256(float_to_int16(samples).tobytes())
    digest.update(str(reader.rate_hz).encode())
    return ClipCheck(reader.duration_s, reader.rate_hz, level_dbfs(samples - np.float32(offset)),
                     digest.hexdigest(), problem, '; '.join(notes))


def measure_all(paths: list[Path], threads: int, progress: Progress) -> list[ClipCheck]:
    """Measure many files; decoding runs in parallel since libsndfile lets go of Python's lock."""
    with ThreadPool(threads) as pool:
        return list(progress.track(pool.imap(measure, paths, chunksize=4), 'clips', len(paths)))


def leave_out_unreadable(paths: list[Path], threads: int,
                         progress: Progress) -> tuple[list[Path], list[str]]:
    """Return the files of which something can be decoded, and what is wrong with the others.

    Raises:
        SerError: if there is none.
    """
    checks = measure_all(paths, threads, progress)
    readable = [path for path, check in zip(paths, checks, strict=True) if check.content]
    problems = [check.problem for check in checks if not check.content]
    for check in checks:
        if check.content and check.problem:
            tell('warning: only a part is used: ' + check.problem)
    if not readable:
        raise SerError(f'none of the {len(paths)} clips can be read; first problem: {problems[0]}')
    return readable, problems
