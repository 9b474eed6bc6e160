# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The scores behind the figures, as CSV files."""

import csv
from collections.abc import Sequence
from pathlib import Path

from ser_ros.training.data import Clip
from ser_ros.training.evaluate import clip_score
from ser_ros.training.scoring import ClipScores
from ser_ros.training.streaming import Response

CLIP_COLUMNS = ['corpus', 'file_path', 'speaker', 'emotion']


def save_clips(path: Path, clips: Sequence[Clip], scores: Sequence[ClipScores],
               labels: Sequence[str]) -> None:
    """Write every clip with its truth and its score."""
    with open(path, 'w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow([*CLIP_COLUMNS, *labels])
        for clip, entry in zip(clips, scores, strict=True):
            score = clip_score(entry, list(range(len(labels))))
            writer.writerow([*_clip(clip, labels), *(f'{value:.5f}' for value in score)])


def save_windows(path: Path, clips: Sequence[Clip], scores: Sequence[ClipScores],
                 labels: Sequence[str]) -> None:
    """Write every window: its own probabilities, and what the graph says after it."""
    with open(path, 'w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow([*CLIP_COLUMNS, 'end_s', 'state', 'label', 'confidence', *labels])
        for clip, entry in zip(clips, scores, strict=True):
            for index, state in enumerate(entry.states):
                writer.writerow([
                    *_clip(clip, labels), f'{entry.end_s[index]:.3f}', state.name,
                    entry.labels[index], f'{entry.confidences[index]:.5f}',
                    *(f'{value:.5f}' for value in entry.probabilities[index])])


def save_responses(path: Path, responses: Sequence[Response], labels: Sequence[str]) -> None:
    """Write every change of emotion and how long the label took; empty where it never came."""
    with open(path, 'w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(['corpus', 'speaker', 'before', 'after', 'named_before', 'left_s',
                         'named_s'])
        for entry in responses:
            change = entry.change
            writer.writerow([
                change.corpus, change.speaker, labels[change.before], labels[change.after],
                int(entry.named_before), _time(entry.left_s), _time(entry.named_s)])


def _clip(clip: Clip, labels: Sequence[str]) -> list[str]:
    return [clip.corpus, str(clip.path), clip.speaker, labels[clip.label]]


def _time(value_s: float | None) -> str:
    return '' if value_s is None else f'{value_s:.3f}'
