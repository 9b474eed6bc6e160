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
    """Return what the model says of each talk's windows.

    Args:
        recognizer: what listens.
        talks: what it listens to.
        progress: shows how far it is.
        cache: folder in which the answers are kept, or looked up, in a file for each talk.
        name: of all settings of the recognizer that change its answers.

    Raises:
        SerError: if a clip cannot be read.
    """
    shown = progress.track(talks, 'talks', len(talks))
    if cache is None:
        return [_hear(recognizer, talk) for talk in shown]
    cache.mkdir(parents=True, exist_ok=True)
    setting = f'{recognizer.info.sha256} {recognizer.precision} {recognizer.period_s} {name}'
    return [_cached(cache / f'talk_{_key(setting, talk)}.npz', recognizer, talk)
            for talk in shown]


def _hear(recognizer: Recognizer, talk: Talk) -> WindowScores:
    windows = list(recognizer.recording([talk.sound()]))
    return WindowScores(
        np.array([window.raw_probabilities for window in windows]),
        np.array([window.end_s for window in windows]),
        np.array([window.speech_probability for window in windows]))


def _key(setting: str, talk: Talk) -> str:
    files = [clip.path.name for clip in talk.calm_clips + talk.clips]
    described = (setting, talk.corpus, talk.speaker, talk.emotion, talk.calm_s, talk.duration_s,
                 talk.seed, files)
    return hashlib.sha256(repr(described).encode()).hexdigest()[:16]


def _cached(path: Path, recognizer: Recognizer, talk: Talk) -> WindowScores:
    if not path.exists():
        scores = _hear(recognizer, talk)
        partial = path.with_suffix('.partial.npz')
        np.savez(partial, probabilities=scores.probabilities, end_s=scores.end_s,
                 speech_probability=scores.speech_probability)
        partial.replace(path)
    with np.load(path) as file:
        return WindowScores(file['probabilities'], file['end_s'], file['speech_probability'])
