# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a model says of the windows of talks; asked once, kept in a file."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import numpy as np

from ser_ros.evaluation.scoring import WindowScores
from ser_ros.evaluation.talks.building import Talk
from ser_ros.progress import Progress
from ser_ros.recognizer import Recognizer


def listen(recognizer: Recognizer, talks: Sequence[Talk], progress: Progress,
           cache: Optional[Path] = None, name: str = '') -> list[WindowScores]:
    """
    Return what the model says of each talk's windows.

    Args:
        recognizer: what listens.
        talks: what it listens to.
        progress: shows how far it is.
        cache: folder in which the answers are kept, or looked up.
        name: of all settings of the recognizer that change its answers.

    Raises:
        SerError: if a clip cannot be read.
    """
    path = None if cache is None else cache / f'talks_{_key(recognizer, talks, name)}.npz'
    if path is not None and path.exists():
        return _load(path)
    scores = [_hear(recognizer, talk) for talk in progress.track(talks, 'talks', len(talks))]
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _save(path, scores)
    return scores


def _hear(recognizer: Recognizer, talk: Talk) -> WindowScores:
    windows = list(recognizer.recording([talk.sound()]))
    return WindowScores(
        np.array([window.raw_probabilities for window in windows]),
        np.array([window.end_s for window in windows]),
        np.array([window.speech_probability for window in windows]))


def _key(recognizer: Recognizer, talks: Sequence[Talk], name: str) -> str:
    digest = hashlib.sha256(
        f'{recognizer.info.sha256} {recognizer.precision} {recognizer.period_s} {name}'.encode())
    for talk in talks:
        files = [clip.path.name for clip in talk.calm_clips + talk.clips]
        digest.update(repr((talk.corpus, talk.speaker, talk.emotion, talk.duration_s, talk.seed,
                            files)).encode())
    return digest.hexdigest()[:16]


def _save(path: Path, scores: Sequence[WindowScores]) -> None:
    partial = path.with_suffix('.partial.npz')
    np.savez(partial, windows=[len(entry.end_s) for entry in scores],
             probabilities=np.concatenate([entry.probabilities for entry in scores]),
             end_s=np.concatenate([entry.end_s for entry in scores]),
             speech_probability=np.concatenate([entry.speech_probability for entry in scores]))
    partial.replace(path)


def _load(path: Path) -> list[WindowScores]:
    with np.load(path) as file:
        ends = np.cumsum(file['windows'])[:-1]
        return [WindowScores(*parts) for parts in zip(
            *(np.split(file[name], ends)
              for name in ('probabilities', 'end_s', 'speech_probability')), strict=True)]
