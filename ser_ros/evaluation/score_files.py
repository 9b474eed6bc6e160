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
WINDOW_COLUMNS = ['end_s', 'state', 'label', 'confidence']


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
                    *(f'{value:.5f}' for value in clip_scores.probabilities[index])])


def load_windows(path: Path, clips: Sequence[Clip],
                 labels: Sequence[str]) -> list[ClipScores]:
    """
    Read what `save_windows` has written of another model.

    :param clips: whose scores are wanted; they are found by corpus, speaker and file name.
    :return: the scores, in the order of the clips and labels.
    :raises SerError: if the file cannot be read, or lacks a label or a clip.
    """
    rows: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for row in read_rows(path, [*CLIP_COLUMNS[:2], 'end_s', 'state', *labels]):
        key = row['corpus'], row['speaker'], Path(row['file_path']).name
        rows.setdefault(key, []).append(row)
    missing = [clip for clip in clips if _key(clip) not in rows]
    if missing:
        raise SerError(f'{path} has no scores of {missing[0].path} of {missing[0].corpus} (and '
                       f'{len(missing) - 1} more); evaluate both models on the same clips')
    return [_scores(rows[_key(clip)], labels) for clip in clips]


def _key(clip: Clip) -> tuple[str, str, str]:
    return clip.corpus, clip.speaker, clip.path.name


def _scores(rows: Sequence[dict[str, str]], labels: Sequence[str]) -> ClipScores:
    try:
        states = tuple(State[row['state']] for row in rows)
        numbers = np.array([[float(row[name]) for name in ('end_s', 'confidence', *labels)]
                            for row in rows])
    except (KeyError, ValueError) as error:
        raise SerError(f'the rows are not windows of an evaluation: {error}') from error
    return ClipScores(
        numbers[:, 2:], numbers[:, 0], np.full(len(rows), np.nan), states,
        tuple(row['label'] for row in rows), numbers[:, 1])


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


def _time(value_s: float | None) -> str:
    return '' if value_s is None else f'{value_s:.3f}'
