# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Feature columns of whole clips, computed once and kept on disk."""

import hashlib
import multiprocessing
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ser_ros.features import create_extractor
from ser_ros.training.data import read_samples
from ser_ros.training.progress import Progress


def load_columns(
        paths: Sequence[Path], feature_set: str, folder: Path, processes: int,
        progress: Progress) -> list[tuple[np.ndarray, ...]]:
    """
    Return each clip's columns, as ``FeatureExtractor.columns`` gives them.

    What is not in ``folder`` yet is computed and stored there. A stored file is found by the
    feature set and by the clip's path, size and time of change, so a changed clip is computed
    again.

    :raises SerError: if a clip cannot be read.
    """
    targets = [folder / _key(path, feature_set) for path in paths]
    todo = [(path, target, feature_set) for path, target in zip(paths, targets, strict=True)
            if not target.exists()]
    if todo:
        folder.mkdir(parents=True, exist_ok=True)
        with multiprocessing.get_context('spawn').Pool(processes) as pool:
            for _ in progress.track(
                    pool.imap_unordered(_compute, todo, chunksize=8), 'features', len(todo)):
                pass
    return [_load(target) for target in progress.track(targets, 'reading', len(targets))]


def _key(path: Path, feature_set: str) -> str:
    status = path.stat() if path.exists() else None
    size, changed = (status.st_size, status.st_mtime_ns) if status else (0, 0)
    text = f'{feature_set}\n{path.resolve()}\n{size}\n{changed}'
    return hashlib.sha256(text.encode()).hexdigest()[:32] + '.npz'


def _compute(job: tuple[Path, Path, str]) -> None:
    path, target, feature_set = job
    columns = create_extractor(feature_set).columns(read_samples(path))
    partial = target.with_suffix(f'.{os.getpid()}.npz')
    np.savez(partial, *columns)
    partial.replace(target)  # so that a file under its own name is always whole


def _load(path: Path) -> tuple[np.ndarray, ...]:
    with np.load(path) as stored:
        return tuple(stored[name] for name in stored.files)
