# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an audio file holds, without regard to what it is labelled as."""

import hashlib
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np

from ser_ros.audio.decoders import Decoder, open_decoder
from ser_ros.audio.format import check_finite, check_rate, float_to_int16
from ser_ros.errors import SerError
from ser_ros.features.level import MIN_LEVEL_DBFS, level_dbfs
from ser_ros.progress import Progress


@dataclass(frozen=True)
class ClipCheck:
    """What was measured of a file.

    Attributes:
        duration_s, rate_hz: of what could be decoded.
        level_dbfs: RMS over the whole file, its channels averaged, -120..0.
        content: digest of the samples, rounded to 16 bits, and their rate: equal for the same sound
            in another container. '' where nothing could be decoded.
        problem: why the file cannot be used, or ''.
    """

    duration_s: float
    rate_hz: int
    level_dbfs: float
    content: str
    problem: str


def measure(path: Path) -> ClipCheck:
    """Decode a file from start to end; what is wrong with it becomes its ``problem``."""
    try:
        with closing(open_decoder(str(path))) as decoder:
            check_rate(decoder.rate_hz)
            check = _measure(decoder, path)
        _check_riff_size(path)
    except SerError as error:
        return ClipCheck(0.0, 0, MIN_LEVEL_DBFS, '', str(error))
    return check


def _check_riff_size(path: Path) -> None:
    """Raise SerError for a WAV file shorter than its header says; libsndfile does not report it."""
    with open(path, 'rb') as file:
        magic, declared = file.read(4), int.from_bytes(file.read(4), 'little') + 8
    held = path.stat().st_size
    # Programs that write to a pipe declare the largest size there is.
    if magic == b'RIFF' and held < declared < 2 ** 31:
        raise SerError(f"'{path}' ends early: it holds {held} of {declared} bytes")


def _measure(decoder: Decoder, path: Path) -> ClipCheck:
    blocks = []
    for block in decoder:
        check_finite(block, f"'{path}'")
        blocks.append(block.mean(axis=1))
    samples = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    if not len(samples):
        raise SerError(f"'{path}' contains no audio samples")
    digest = hashlib.sha256(float_to_int16(samples).tobytes())
    digest.update(str(decoder.rate_hz).encode())
    return ClipCheck(len(samples) / decoder.rate_hz, decoder.rate_hz, level_dbfs(samples),
                     digest.hexdigest(), decoder.warning)


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
    if not readable:
        raise SerError(f'none of the {len(paths)} clips can be read; first problem: {problems[0]}')
    return readable, problems
