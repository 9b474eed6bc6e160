# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Clips that a CSV file lists."""

import csv
import io
import os
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from ser_ros.corpora.labels import as_word
from ser_ros.corpora.recording import Recording
from ser_ros.corpora.sexes import as_sex
from ser_ros.errors import SerError, listed

COLUMNS = ('file_path', 'emotion')
OPTIONAL = ('speaker', 'sex', 'text', 'sentence')
# Of the Korean corpus; its lists are in the encoding of Korean Windows.
AIHUB_COLUMNS = ('wav_id', '상황')
ENCODINGS = ('utf-8-sig', 'cp949')
DELIMITERS = (',', ';', '\t')  # the second and third are those of spreadsheets in some countries


def read_rows(path: Path, columns: Iterable[str],
              optional: Iterable[str] = ()) -> list[dict[str, str]]:
    """Return the rows of a CSV file that has at least these columns.

    In the file, capitals and outer spaces do not matter in the names of the columns. Rows without
    any text are those that a spreadsheet leaves behind.

    Args:
        optional: columns that it may have.

    Raises:
        SerError: if it cannot be read, a column is missing or there twice, or a row is too short.
    """
    try:
        lines = list(_reader(read_text(path), strict=True))
    except csv.Error as error:
        raise SerError(f'cannot read {path}: {error}') from error
    known = {as_word(name): name for name in (*columns, *optional)}
    header = [known.get(as_word(name), name) for name in (lines[0] if lines else [])]
    rows = {number: dict(zip_longest(header, line[:len(header)], fillvalue=''))
            for number, line in enumerate(lines[1:], start=2) if any(map(str.strip, line))}
    for column in columns:
        if header.count(column) != 1:
            fault = 'given several times' if column in header else 'missing'
            raise SerError(f'{path}: the column {column!r} is {fault}; needed: '
                           f'{listed(columns)}; found: {_as_text(header)}')
        for number, row in rows.items():
            if not row[column].strip():
                raise SerError(f'{path}, line {number}: {column} is empty')
    return list(rows.values())


def has_columns(path: Path, columns: Iterable[str]) -> bool:
    """Return whether a file is a CSV file with at least these columns."""
    return set(columns) <= set(map(as_word, _header(path)))


def describe_columns(path: Path) -> str:
    """Return the columns of a CSV file as text."""
    return _as_text(_header(path))


def _as_text(names: Iterable[str]) -> str:
    return ', '.join(name.strip() for name in names if name.strip()) or 'none'


def _header(path: Path) -> list[str]:
    """Return the first line of a CSV file; nothing where it is not a text file."""
    try:
        return next(_reader(read_text(path)), [])
    except (SerError, csv.Error):
        return []


def _reader(text: str, strict: bool = False) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=''), delimiter=_delimiter(text),
                      skipinitialspace=True, strict=strict)


def _delimiter(text: str) -> str:
    """Return what separates the columns: what the first line has most of."""
    first = text.partition('\n')[0]
    return max(DELIMITERS, key=first.count)


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8, with or without a byte order mark, or in CP949.

    Raises:
        SerError: if it cannot be read, or is in another encoding.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SerError(f'cannot read {path}: {error.strerror}') from error
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SerError(f'cannot read {path}: the text is neither UTF-8 nor CP949; save it as UTF-8')


def plain(path: Path) -> list[Recording]:
    """Read a list with the columns file_path and emotion, and those of OPTIONAL that it has.

    Args:
        path: the CSV file; its file paths count from its folder.

    Raises:
        SerError: see `read_rows`; or if there is no row.
    """
    rows = read_rows(path, COLUMNS, OPTIONAL)
    if not rows:
        raise SerError(f'{path} lists no clips; add a row for each clip below the header')
    return [Recording(locate(path.parent, row['file_path'].strip()), as_word(row['emotion']),
                      row.get('speaker', '').strip(), as_sex(row.get('sex', '')),
                      _composed(row.get('text', '')), _composed(row.get('sentence', '')))
            for row in rows]


def _composed(text: str) -> str:
    """Return a text in composed letters (NFC), which is what tokenizers know."""
    return unicodedata.normalize('NFC', text).strip()


def locate(folder: Path, name: str) -> Path:
    """Return the file or folder that a list or a configuration means.

    These are written on other systems than the one that they are read on: with other separators,
    or with accents and Korean syllables in one character where the file's name has several.
    """
    for spelling in (name, name.replace('\\', '/')):
        if os.path.exists(folder / spelling):
            return folder / spelling
    place = folder
    for part in Path(name.replace('\\', '/')).parts:
        spellings = [part, *(unicodedata.normalize(form, part) for form in ('NFC', 'NFD'))]
        existing = [place / spelling for spelling in spellings if os.path.exists(place / spelling)]
        if not existing:
            return folder / name
        place = existing[0]
    return place


def aihub(lists: Iterable[Path], audio: Iterable[Path]) -> tuple[
        list[Recording], list[tuple[Path, str]]]:
    """Read the lists of AI-Hub's Korean emotional conversations, one for each year of recording.

    The column ``상황`` (situation) holds the emotion that was to be spoken, ``wav_id`` the name of
    the file without its ending; five listeners' votes are in further columns. Nothing names the
    speaker: the corpus cannot be split by speaker and belongs into one part as a whole.
    Source: data set 263 of https://aihub.or.kr (감정 분류를 위한 대화 음성 데이터셋), and the
    lists 4차년도.csv, 5차년도.csv and 5차년도_2차.csv as published programs read them.

    Args:
        audio: all audio files; a row whose file is missing is left out, since the corpus is
            downloaded in parts.
    """
    files = {path.stem: path for path in audio}
    recordings: dict[str, Recording] = {}
    skipped = []
    for path in lists:
        for row in read_rows(path, AIHUB_COLUMNS):
            name = row['wav_id'].strip()
            if name not in files:
                skipped.append((path.parent / f'{name}.wav',
                                f'listed in {path.name}, but missing here'))
            else:
                recordings[name] = Recording(files[name], as_word(row['상황']))
    return list(recordings.values()), skipped
