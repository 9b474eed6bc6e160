# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A process that makes one sound: a text or a file, through a loudspeaker."""

import contextlib
import itertools
import sys
from typing import Any, Dict, Iterator

import numpy as np

from ser_ros import child_process
from ser_ros.audio.loudspeaker import Loudspeaker
from ser_ros.audio.mono import MonoReader
from ser_ros.audio.resample import StreamResampler
from ser_ros.audio.synthesis import synthesize
from ser_ros.errors import SerError

# Files are played at this rate.
_RATE_HZ = 44100
# No file that loops is so short that its beginning costs more than its sound.
_MIN_LOOP_S = 0.1


def run(task: Dict[str, Any]) -> Dict[str, Any]:
    """Make a sound, and return after it has been heard.

    Args:
        task: ``device``, and the keys of `ser_ros.mitigation.actions.base.Voice` with ``text``,
            or those of ``Tune``, whose ``file`` is a path here.
    """
    if 'text' in task:
        samples, rate_hz = synthesize(task['text'], task['language'], task['rate_wpm'])
        loudspeaker = Loudspeaker(task['device'], rate_hz)
        loudspeaker.play(samples * np.float32(_factor(task['level_db'])))
    else:
        level = _Level(task['file'], task['duration_s'])
        length_s = task['duration_s'] if task['loop'] else level.duration_s
        if task['loop'] and level.duration_s < _MIN_LOOP_S:
            raise SerError(f"'{task['file']}' lasts {level.duration_s:.3f} s; needed for a loop: "
                           f'{_MIN_LOOP_S} s')
        loudspeaker = Loudspeaker(task['device'], _RATE_HZ)
        factor = _factor(min(0.0, task['level_dbfs'] - level.dbfs))
        for block in faded(_sound(task['file'], task['loop']), length_s, task['fade_s']):
            loudspeaker.play(block * np.float32(factor))
    loudspeaker.finish()
    return {}


def faded(blocks: Iterator[np.ndarray], length_s: float, fade_s: float,
          rate_hz: int = _RATE_HZ) -> Iterator[np.ndarray]:
    """Yield the sound up to a length, louder at its beginning and quieter at its end.

    Args:
        blocks: float32 of shape (n,).
        length_s: at which it ends, if it is not shorter [s].
        fade_s: time of each of both; at most half of the length [s].
        rate_hz: of the samples.
    """
    total = int(length_s * rate_hz)
    fade = max(1, min(int(fade_s * rate_hz), total // 2))
    first = 0
    for block in blocks:
        block = block[:total - first]
        index = np.arange(first, first + len(block), dtype=np.float32)
        yield block * np.clip(np.minimum(index, total - index) / fade, 0, 1).astype(np.float32)
        first += len(block)
        if first >= total:
            return


def _factor(level_db: float) -> float:
    return 10.0 ** (level_db / 20)


class _Level:
    """Length and RMS level of the part of a file that is played."""

    def __init__(self, path: str, limit_s: float) -> None:
        energy, count = 0.0, 0
        with contextlib.closing(MonoReader(path)) as reader:
            for block in reader:
                block = block[:max(0, int(limit_s * reader.rate_hz) - count)]
                energy += float(np.dot(block, block))
                count += len(block)
                if count >= int(limit_s * reader.rate_hz):
                    break
            self.duration_s = count / reader.rate_hz
        self.dbfs = 10 * np.log10(max(energy / max(count, 1), 1e-12))


def _sound(path: str, loop: bool) -> Iterator[np.ndarray]:
    """Yield a file at the rate of playing, once or without end."""
    for _ in itertools.count() if loop else range(1):
        with contextlib.closing(MonoReader(path)) as reader:
            resampler = StreamResampler(reader.rate_hz, _RATE_HZ)
            for block in reader:
                yield resampler.push(block)
            yield resampler.flush()


def main() -> int:
    """Serve one task of the parent."""
    return child_process.serve(run)


if __name__ == '__main__':
    sys.exit(main())
