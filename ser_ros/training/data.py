# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The clips of the corpora, their labels and speakers."""

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser_ros.audio.file_source import FileSource
from ser_ros.errors import SerError
from ser_ros.training.config import PARTS, Config

METADATA = 'metadata.csv'
COLUMNS = ('file_path', 'emotion', 'speaker')


@dataclass(frozen=True)
class Clip:
    """One recording: what is said by whom, and the index of its emotion in the labels."""

    corpus: str
    path: Path
    speaker: str
    label: int


def load_part(config: Config, root: Path, part: str) -> list[Clip]:
    """
    Return the clips of ``part`` ('train', 'validation' or 'test') of every corpus.

    :param root: folder that holds one folder with a metadata.csv for each corpus.
    :raises SerError: if a corpus or a speaker is missing, or an emotion is not in the
        configuration.
    """
    assert part in PARTS
    clips = []
    for name, corpus in config.corpora.items():
        speakers = getattr(corpus, part)
        if not speakers:
            continue
        found = [clip for clip in read_corpus(config, root, name) if clip.speaker in speakers]
        missing = set(speakers) - {clip.speaker for clip in found}
        if missing:
            raise SerError(f'{root / name}: no clips of the speakers {", ".join(sorted(missing))}')
        clips += found
    if not clips:
        raise SerError(f'no speakers are listed for {part} in the configuration')
    return clips


def read_corpus(config: Config, root: Path, name: str) -> list[Clip]:
    """
    Read the clips that the folder's metadata.csv lists, in its order.

    :raises SerError: if the list cannot be read, lacks a column or names an unknown emotion.
    """
    path = root / name / METADATA
    try:
        with open(path, newline='', encoding='utf-8') as file:
            reader = csv.DictReader(file)
            given, rows = reader.fieldnames or (), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SerError(f'cannot read the clips of {name}: {error}') from error
    for column in COLUMNS:
        if column not in given:
            raise SerError(f'{path}: the column {column!r} is missing; needed: '
                           f'{", ".join(COLUMNS)}')
    clips = []
    for row in rows:
        if row['emotion'] in config.drop:
            continue
        emotion = config.merge.get(row['emotion'], row['emotion'])
        if emotion not in config.labels:
            raise SerError(f'{path}: unknown emotion {emotion!r}; put it under labels, merge or '
                           f'drop in the configuration (labels: {", ".join(config.labels)})')
        clips.append(Clip(name, root / name / row['file_path'], row['speaker'],
                          config.labels.index(emotion)))
    return clips


def read_samples(path: Path) -> np.ndarray:
    """
    Read a clip exactly as the running graph hears it: 16 kHz mono int16, padded to one window.

    :return: float32 (n,) in [-1, 1].
    :raises SerError: if the file cannot be read.
    """
    with closing(FileSource(str(path))) as source:
        return np.concatenate(list(_chunks(source))).astype(np.float32) / 32768


def _chunks(source: FileSource) -> Iterator[np.ndarray]:
    chunk = source.read()
    while chunk is not None:
        yield chunk
        chunk = source.read()


def describe(clips: list[Clip], labels: list[str]) -> str:
    """Return one line a corpus: clips, speakers, and clips of each label."""
    lines = []
    for name in dict.fromkeys(clip.corpus for clip in clips):
        chosen = [clip for clip in clips if clip.corpus == name]
        counts = Counter(labels[clip.label] for clip in chosen)
        lines.append('{}: {} clips of {} speakers ({})'.format(
            name, len(chosen), len({clip.speaker for clip in chosen}),
            ', '.join(f'{counts[label]} {label}' for label in labels)))
    return '\n'.join(lines)
