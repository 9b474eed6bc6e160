# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Clips that a CSV file lists."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from ser_ros.errors import SerError
from ser_ros.training.corpora.recording import Recording

COLUMNS = ('file_path', 'emotion')
# Of the Korean corpus; its lists are in the encoding of Korean Windows.
AIHUB_COLUMNS = ('wav_id', '상황')
ENCODINGS = ('utf-8-sig', 'cp949')


def read_rows(path: Path, columns: Iterable[str]) -> list[dict[str, str]]:
    """
    Return the rows of a CSV file that has at least these columns.

    :raises SerError: if it cannot be read, a column is missing or a row is too short.
    """
    text = _text(path)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=''), strict=True)
        given, rows = reader.fieldnames or (), list(reader)
    except csv.Error as error:
        raise SerError(f'cannot read {path}: {error}') from error
    for column in columns:
        if column not in given:
            raise SerError(f'{path}: the column {column!r} is missing; needed: '
                           f'{", ".join(columns)}')
        for number, row in enumerate(rows, start=2):
            if not row[column]:
                raise SerError(f'{path}, line {number}: {column} is empty')
    return rows


def header(path: Path) -> tuple[str, ...]:
    """Return the columns of a CSV file; none where it is not a text file."""
    try:
        return tuple(next(csv.reader(io.StringIO(_text(path), newline='')), ()))
    except (SerError, csv.Error):
        return ()


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SerError(f'cannot read {path}: {error.strerror}') from error
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SerError(f'cannot read {path}: it is text neither in UTF-8 nor in CP949')


def plain(path: Path) -> list[Recording]:
    """
    Read a list with the columns file_path, emotion and, if there is one, speaker.

    :param path: the CSV file; its file paths count from its folder.
    :raises SerError: see `read_rows`.
    """
    return [Recording(path.parent / row['file_path'], row['emotion'].strip(),
                      (row.get('speaker') or '').strip())
            for row in read_rows(path, COLUMNS)]


def aihub(lists: Iterable[Path], audio: Iterable[Path]) -> tuple[
        list[Recording], list[tuple[Path, str]]]:
    """
    Read the lists of AI-Hub's Korean emotional conversations, one for each year of recording.

    The column ``상황`` (situation) holds the emotion that was to be spoken, ``wav_id`` the name of
    the file without its ending; five listeners' votes are in further columns. Nothing tells the
    speaker: the corpus cannot be split by speaker and belongs into one part as a whole.
    Source: data set 263 of https://aihub.or.kr (감정 분류를 위한 대화 음성 데이터셋), and the
    lists 4차년도.csv, 5차년도.csv and 5차년도_2차.csv as published programs read them.

    :param audio: all audio files; a row whose file is missing is left out, since the corpus is
        downloaded in parts.
    """
    files = {path.stem: path for path in audio}
    found: dict[str, Recording] = {}
    skipped = []
    for path in lists:
        for row in read_rows(path, AIHUB_COLUMNS):
            name = row['wav_id'].strip()
            if name not in files:
                skipped.append((path.parent / f'{name}.wav', f'in {path.name}, but not here'))
            else:
                found[name] = Recording(files[name], row['상황'].strip().lower())
    return list(found.values()), skipped
