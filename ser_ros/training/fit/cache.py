# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Feature columns of whole clips and of their degraded copies, computed once and kept on disk."""

import hashlib
import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

import numpy as np

from ser_ros.corpora.labelled_clips import read_samples
from ser_ros.degrade import chain
from ser_ros.degrade.kinds import ANY, TALKERS
from ser_ros.features.base import FeatureExtractor
from ser_ros.features.registry import create_extractor
from ser_ros.progress import Progress
from ser_ros.training.fit import stored_sound
from ser_ros.training.fit.copies import Copies
from ser_ros.training.fit.stored_sound import StoredSound

# To be raised when read_samples makes other samples of a file than before.
READING = 2
NO_COPIES = Copies()
# About 100 MB of sound in each process.
KEPT_TALKERS = 500


@dataclass(frozen=True)
class _Job:
    """Columns to compute: of a clip, or of its degraded copy if that has a number."""

    path: Path
    copy: int
    kind: str
    talkers: tuple[Path, ...]
    feature_set: str
    input_shape: tuple[int, ...]
    target: Path


def load_columns(
        paths: Sequence[Path], extractor: FeatureExtractor, folder: Path, processes: int,
        progress: Progress, copies: Copies = NO_COPIES) -> list[tuple[np.ndarray, ...]]:
    """Return each clip's columns, as ``FeatureExtractor.columns`` gives them.

    What is not in ``folder`` yet is computed and stored there. A stored file is found by the
    feature set with its input's shape and by the clip's path, size and time of change, so a
    changed clip is computed again; a copy also by the code that degrades it.

    Where the columns are the samples themselves, they stay on disk: a `StoredSound` stands for
    them, so memory does not grow with the corpus.

    Args:
        extractor: says which feature set, and the shape of its input.
        copies: degraded copies of each clip, see `degrade.chain`.

    Returns:
        of all clips, then of the first copy of each, and so on: (1 + copies.count) * len(paths).

    Raises:
        SerError: if a clip cannot be read, or this machine lacks a codec for the copies.
    """
    jobs = _jobs(paths, extractor, folder, copies)
    todo = [job for job in jobs if not job.target.exists()]
    if todo:
        folder.mkdir(parents=True, exist_ok=True)
        with multiprocessing.get_context('spawn').Pool(processes) as pool:
            for _ in progress.track(
                    pool.imap_unordered(_compute, todo, chunksize=8), 'features', len(todo)):
                pass
            # Else the block ends them by a signal, which may meet one that is ending already.
            pool.close()
            pool.join()
    return [_load(job.target) for job in progress.track(jobs, 'reading', len(jobs))]


def _jobs(paths: Sequence[Path], extractor: FeatureExtractor, folder: Path,
          copies: Copies) -> list[_Job]:
    code = chain.fingerprint() if copies.count else ''
    talkers, clips = copies.talkers(), {clip.path: clip for clip in copies.clips}
    jobs = []
    for copy in range(1 + copies.count):
        kind = copies.kind(copy) if copy else ''
        for path in paths:
            behind = talkers.behind(clips[path], copy) if kind == TALKERS else ()
            name = _key(path, extractor)
            if copy:
                name += f'\ncopy {copy} by {code}'
            if kind not in ('', ANY):
                name += f'\n{kind}' + ''.join(f'\n{talker.resolve()}' for talker in behind)
            suffix = stored_sound.SUFFIX if extractor.columns_are_samples else '.npz'
            target = folder / (hashlib.sha256(name.encode()).hexdigest()[:32] + suffix)
            jobs.append(_Job(path, copy, kind, behind, extractor.name, extractor.input_shape,
                             target))
    return jobs


def _key(path: Path, extractor: FeatureExtractor) -> str:
    status = path.stat() if path.exists() else None
    size, changed = (status.st_size, status.st_mtime_ns) if status else (0, 0)
    return (f'{extractor.name} {extractor.input_shape}\n{path.resolve()}\n{size}\n{changed}'
            f'\nread {READING}')


@lru_cache(maxsize=KEPT_TALKERS)
def _talker(path: Path) -> np.ndarray:
    return read_samples(path)


def _compute(job: _Job) -> None:
    extractor = create_extractor(job.feature_set, job.input_shape)
    samples = read_samples(job.path, extractor.min_samples)
    if job.copy:
        samples = chain.degraded_copy(samples, job.path, job.copy, job.kind,
                                      [_talker(path) for path in job.talkers])
    columns = extractor.columns(samples)
    partial = job.target.with_suffix(f'.{os.getpid()}{job.target.suffix}')
    if extractor.columns_are_samples:
        stored_sound.write(partial, columns[0])
    else:
        np.savez(partial, *columns)
    partial.replace(job.target)  # so that a file under its own name is always whole


def _load(path: Path) -> tuple[np.ndarray, ...]:
    if path.suffix == stored_sound.SUFFIX:
        return (cast(np.ndarray, StoredSound(path)),)
    with np.load(path) as stored:
        return tuple(stored[name] for name in stored.files)
