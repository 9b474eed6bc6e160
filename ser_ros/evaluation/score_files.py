# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The scores behind the figures, as CSV files."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.corpora.lists import read_rows
from ser_ros.emotion.tracker import State
from ser_ros.errors import SerError
from ser_ros.evaluation.emotion_changes import Response
from ser_ros.evaluation.figures import clip_score
from ser_ros.evaluation.scoring import ClipScores

CLIP_COLUMNS = ['corpus', 'file_path', 'speaker', 'emotion']
WINDOW_COLUMNS = ['end_s', 'state', 'label', 'confidence', 'pitch_hz']
WINDOWS = 'windows.csv'
# What no row of it lacks.
REQUIRED = [*CLIP_COLUMNS[:2], 'emotion', 'end_s', 'state']


def save_clips(path: Path, clips: Sequence[Clip], scores: Sequence[ClipScores],
               labels: Sequence[str]) -> None:
    """Write every clip with its truth and its score."""
    with open(path, 'w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow([*CLIP_COLUMNS, *labels])
        for clip, clip_scores in zip(clips, scores, strict=True):
            score = clip_score(clip_scores, list(range(len(labels))))
            writer.writerow([*_clip(clip, labels), *(f'{value:.5f}' for value in score)])


def save_windows(path: Path, clips: Sequence[Clip], scores: Sequence[ClipScores],
                 labels: Sequence[str]) -> None:
    """Write every window: its own probabilities, and what the graph says after it."""
    with open(path, 'w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow([*CLIP_COLUMNS, *WINDOW_COLUMNS, *labels])
        for clip, clip_scores in zip(clips, scores, strict=True):
            for index, state in enumerate(clip_scores.states):
                writer.writerow([
                    *_clip(clip, labels), f'{clip_scores.end_s[index]:.3f}', state.name,
                    clip_scores.labels[index], f'{clip_scores.confidences[index]:.5f}',
                    _pitch(clip_scores.pitch_hz[index]),
                    *(f'{value:.5f}' for value in clip_scores.probabilities[index])])


def labels_of(path: Path) -> list[str]:
    """Return the labels that `save_windows` has written the probabilities of.

    Raises:
        SerError: if the file cannot be read, or holds no windows.
    """
    rows = read_rows(path, REQUIRED)
    if not rows:
        raise SerError(f'{path} holds no windows; run the evaluation again')
    return [name for name in rows[0] if name not in (*CLIP_COLUMNS, *WINDOW_COLUMNS)]


def load_clips(path: Path, labels: Sequence[str]) -> list[Clip]:
    """Return the clips whose windows `save_windows` has written, of these labels alone.

    Raises:
        SerError: if the file cannot be read.
    """
    found = {row['file_path']: row for row in read_rows(path, REQUIRED)}
    return [Clip(row['corpus'], Path(name), row.get('speaker', ''), labels.index(row['emotion']))
            for name, row in found.items() if row['emotion'] in labels]


def load_windows(path: Path, clips: Sequence[Clip], labels: Sequence[str]) -> list[ClipScores]:
    """Read what `save_windows` has written.

    Args:
        path: of the file.
        clips: whose scores are wanted. They are found by path or, where the files of another
            evaluation lie elsewhere, by corpus, emotion, speaker and file name.
        labels: whose probabilities are wanted.

    Returns:
        The scores, in the order of the clips and labels.

    Raises:
        SerError: if the file cannot be read, or lacks a label or a clip.
    """
    rows: dict[str, list[dict[str, str]]] = {}
    for row in read_rows(path, [*REQUIRED, *labels]):
        rows.setdefault(row['file_path'], []).append(row)
    elsewhere: dict[tuple[str, ...], list[str]] = {}
    for name, members in rows.items():
        first = members[0]
        key = first['corpus'], first['emotion'], first.get('speaker', ''), Path(name).name
        elsewhere.setdefault(key, []).append(name)
    scores, missing = [], []
    for clip in clips:
        key = clip.corpus, labels[clip.label], clip.speaker, clip.path.name
        names = [str(clip.path)] if str(clip.path) in rows else elsewhere.get(key, [])
        if len(names) == 1:
            scores.append(_scores(rows[names[0]], labels))
        else:
            missing.append(clip)
    if missing:
        raise SerError(f'{path} has no scores of {missing[0].path} of {missing[0].corpus} (and '
                       f'{len(missing) - 1} more); evaluate both models on the same clips')
    return scores


def _scores(rows: Sequence[dict[str, str]], labels: Sequence[str]) -> ClipScores:
    try:
        states = tuple(State[row['state']] for row in rows)
        numbers = np.array([[float(row[name]) for name in ('end_s', 'confidence', *labels)]
                            for row in rows])
        pitch_hz = np.array([float(row.get('pitch_hz') or 'nan') for row in rows])
    except (KeyError, ValueError) as error:
        raise SerError(f'the rows are not windows of an evaluation: {error}') from error
    return ClipScores(
        numbers[:, 2:], numbers[:, 0], np.full(len(rows), np.nan), states,
        tuple(row['label'] for row in rows), numbers[:, 1], pitch_hz)


def save_responses(path: Path, responses: Sequence[Response], labels: Sequence[str]) -> None:
    """Write every change of emotion and how long the label took; empty where it never came."""
    with open(path, 'w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(['corpus', 'speaker', 'before', 'after', 'named_before', 'left_s',
                         'named_s'])
        for response in responses:
            change = response.change
            writer.writerow([
                change.corpus, change.speaker, labels[change.before], labels[change.after],
                int(response.named_before), _time(response.left_s), _time(response.named_s)])


def _clip(clip: Clip, labels: Sequence[str]) -> list[str]:
    return [clip.corpus, str(clip.path), clip.speaker, labels[clip.label]]


def _pitch(value_hz: float) -> str:
    return '' if np.isnan(value_hz) else f'{value_hz:.1f}'


def _time(value_s: float | None) -> str:
    return '' if value_s is None else f'{value_s:.3f}'
