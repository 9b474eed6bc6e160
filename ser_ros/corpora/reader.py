# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a folder to the clips in it: finds out which layout it has."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Optional

from ser_ros.audio.finding import MAC_NOTES
from ser_ros.audio.opening import FILE_ENDINGS
from ser_ros.corpora import aihub_emotion, lists, naming
from ser_ros.corpora.labels import COMMON, CORPORA, GENERIC, as_word
from ser_ros.corpora.recording import (
    HIDDEN,
    NO_EMOTION,
    NOT_LISTED,
    Fault,
    Listing,
    Recording,
)
from ser_ros.errors import SerError, listed
from ser_ros.files import Walk

TABLES_NAMED = 3  # in an error
METADATA = 'metadata.csv'
# What a folder may be besides a known corpus: with a list, or with a folder for each emotion.
LISTED = 'listed'
CLASSES = 'classes'
LAYOUTS = (
    'a metadata.csv or another CSV file with the columns file_path, emotion and, if known, '
    f'speaker; one of the corpora {listed(CORPORA)} as downloaded; or one folder of audio for '
    'each emotion')


def read(path: Path, corpus: Optional[str] = None,
         numbers: Optional[aihub_emotion.Numbers] = None) -> Listing:
    """Return the clips in a folder, or those that a CSV file lists.

    Args:
        path: the folder or file.
        corpus: whose naming and labels these are; found out where None: from the file names, or
            from the folder's name if there is a list.
        numbers: see `ser_ros.corpora.aihub_emotion.read`; of no use for other corpora.

    Raises:
        SerError: for an unknown corpus, or if nothing of what is known fits.
    """
    listing = _read(path, corpus, numbers or {})
    if numbers and listing.layout != aihub_emotion.LAYOUT:
        raise SerError(f'{path}: `numbers` is only for recordings of {aihub_emotion.CORPUS} '
                       f'without a script, but this is {listing.corpus} ({listing.layout}); '
                       'remove the key')
    return listing


def _read(path: Path, corpus: Optional[str], numbers: aihub_emotion.Numbers) -> Listing:
    if corpus is not None and corpus not in CORPORA:
        raise SerError(f'unknown corpus {corpus!r}; known: {listed(CORPORA)}')
    path = path.resolve()
    if path.is_file():
        return _listed(path, corpus)
    if not path.is_dir():
        raise SerError(f'{path} does not exist; give a folder with a corpus')
    lost: list[Fault] = []
    followed: list[tuple[Path, str]] = []
    audio, tables, scripts = _walk(path, lost, followed)
    listing = _find(path, audio, tables, scripts, corpus, numbers)
    return replace(listing, faults=listing.faults + lost,
                   skipped=listing.skipped + followed + _unlisted(listing, audio, tables))


def _unlisted(listing: Listing, audio: list[Path], tables: list[Path]) -> list[tuple[Path, str]]:
    """Return the audio files beside a list that it does not name."""
    if listing.layout not in {table.name for table in tables}:
        return []
    named = {recording.path.resolve() for recording in listing.recordings}
    return [(path, NOT_LISTED + listing.layout) for path in audio
            if path.resolve() not in named]


def _find(path: Path, audio: list[Path], tables: list[Path], scripts: list[Path],
          corpus: Optional[str], numbers: aihub_emotion.Numbers) -> Listing:
    """Return what is in a folder, by the first layout that fits."""
    if path / METADATA in tables:
        return _listed(path / METADATA, corpus)
    listing = (_aihub(path, audio, tables, corpus)
               or _aihub_emotion(path, audio, scripts, corpus, numbers)
               or _named(path, audio, corpus)
               or _table(path, tables, corpus) or _class_folders(path, audio, corpus))
    if listing is None:
        columns = ''.join(f'; {table.name} has the columns {lists.describe_columns(table)}'
                          for table in tables[:TABLES_NAMED])
        raise SerError(f'{path}: the layout is not known; allowed: {LAYOUTS}{columns}')
    return listing


def find_folders(path: Path) -> list[Path]:
    """Return the folders of the corpora in a folder; ``path`` itself if it is one.

    It is not if folders right below it have a list of their own, or hold different corpora or
    layouts.

    Raises:
        SerError: if folders of emotions lie beside such folders: whose they are is not clear.
    """
    if not path.is_dir() or (path / METADATA).exists():
        return [path]
    tables = [file for file in path.iterdir() if file.name.lower().endswith('.csv')]
    below = sorted(folder for folder in path.iterdir()
                   if folder.is_dir() and not folder.name.startswith('.'))
    layouts = {folder: _kind(folder) for folder in below}
    if LISTED not in layouts.values() and any(
            lists.has_columns(table, lists.COLUMNS) for table in tables):
        return [path]
    emotions = [folder for folder, layout in layouts.items()
                if as_word(folder.name) in COMMON and layout != LISTED]
    corpora = [folder for folder, layout in layouts.items() if layout and folder not in emotions]
    others = [folder for folder in corpora
              if layouts[folder] not in {layouts[emotion] for emotion in emotions}]
    if emotions and others:
        raise SerError(
            f'{path} contains folders of emotions ({_names(emotions)}) and other corpora '
            f'({_names(others)}) side by side; move the folders of emotions into a folder of '
            'their own, or give the path of one corpus')
    if emotions:  # and perhaps folders of labels that one corpus alone has, such as calm
        return [path]
    if LISTED in layouts.values() or len({layouts[folder] for folder in corpora}) > 1:
        return corpora
    return [path]


def _names(folders: list[Path]) -> str:
    return ', '.join(folder.name for folder in folders)


def _kind(folder: Path) -> Optional[str]:
    """Return what a folder is at first sight; None if that does not show a corpus."""
    if (folder / METADATA).exists():
        return LISTED
    audio, tables, scripts = _walk(folder)
    if any(lists.has_columns(path, lists.AIHUB_COLUMNS) for path in tables):
        return 'aihub'
    if aihub_emotion.is_corpus(folder, audio, scripts):
        return aihub_emotion.CORPUS
    corpus = naming.detect(path.resolve() for path in audio)
    if corpus is None and any(lists.has_columns(path, lists.COLUMNS) for path in tables):
        return LISTED
    return corpus or (CLASSES if _is_of_classes(folder, audio) else None)


def _is_of_classes(folder: Path, audio: list[Path]) -> bool:
    """Return whether there are folders of emotions with audio right below the folder."""
    return any(as_word(path.relative_to(folder).parts[0]) in COMMON for path in audio
               if path.parent != folder)


def _walk(folder: Path, lost: Optional[list[Fault]] = None,
          followed: Optional[list[tuple[Path, str]]] = None,
          ) -> tuple[list[Path], list[Path], list[Path]]:
    """Return audio files, CSV files and scripts in a folder and those inside it, in order.

    Args:
        folder: where to look; links to folders are followed, hidden folders are left out.
        lost: takes the folders and links that cannot be gone through.
        followed: takes the links and hidden files that need not be.
    """
    lost = [] if lost is None else lost
    followed = [] if followed is None else followed
    walk = Walk(str(folder), lambda path, reason: lost.append(Fault(Path(path), 0, reason)),
                lambda path, reason: followed.append((Path(path), reason)))
    audio, tables, scripts = [], [], []
    for parent, names in walk:
        if any(part.startswith('.') for part in Path(parent).relative_to(folder).parts):
            continue
        for name in names:
            if name.startswith('.'):
                if name.lower().endswith(FILE_ENDINGS) and not name.startswith(MAC_NOTES):
                    followed.append((Path(parent, name), HIDDEN))
            elif name.lower().endswith(FILE_ENDINGS):
                audio.append(Path(parent, name))
            elif name.lower().endswith('.csv'):
                tables.append(Path(parent, name))
            elif name.lower() == aihub_emotion.SCRIPT:
                scripts.append(Path(parent, name))
    return audio, tables, scripts


def _by_name(folder: Path) -> str:
    """Return the corpus of a folder's name."""
    name = folder.name.lower()
    known = {corpus.replace('-', ''): corpus for corpus in CORPORA}
    return known.get(''.join(filter(str.isalnum, name)), GENERIC)


def _listed(path: Path, corpus: Optional[str]) -> Listing:
    return Listing(corpus or _by_name(path.parent), path.parent, path.name, lists.plain(path))


def _aihub(folder: Path, audio: list[Path], tables: list[Path],
           corpus: Optional[str]) -> Optional[Listing]:
    if corpus not in (None, 'aihub'):
        return None
    chosen = [path for path in tables if lists.has_columns(path, lists.AIHUB_COLUMNS)]
    if not chosen:
        return None
    recordings, skipped = lists.aihub(chosen, audio)
    if not recordings:
        raise SerError(f'{folder}: all clips listed in {listed(p.name for p in chosen)} are '
                       'missing; unpack the archives of the corpus into this folder')
    return Listing('aihub', folder, 'lists of the corpus', recordings, skipped)


def _aihub_emotion(folder: Path, audio: list[Path], scripts: list[Path], corpus: Optional[str],
                   numbers: aihub_emotion.Numbers) -> Optional[Listing]:
    if corpus not in (None, aihub_emotion.CORPUS):
        return None
    if corpus is None and not aihub_emotion.is_corpus(folder, audio, scripts):
        return None
    listing = aihub_emotion.read(folder, audio, scripts, numbers)
    if not listing.recordings and not listing.faults:
        raise SerError(f'{folder}: none of the {len(audio)} audio files belongs to a speaker of '
                       f'{aihub_emotion.CORPUS}')
    return listing


def _named(folder: Path, audio: list[Path], corpus: Optional[str]) -> Optional[Listing]:
    corpus = corpus or naming.detect(audio)
    if corpus not in naming.NAMINGS:
        return None
    recordings, skipped = naming.recordings(corpus, audio)
    if not recordings:
        raise SerError(f'{folder}: none of the {len(audio)} audio files has a file name of the '
                       f'corpus {corpus}')
    return Listing(corpus, folder, f'file names of {corpus}', recordings, skipped)


def _table(folder: Path, tables: list[Path], corpus: Optional[str]) -> Optional[Listing]:
    chosen = [path for path in tables if lists.has_columns(path, lists.COLUMNS)]
    if len(chosen) > 1:
        raise SerError(f'{folder} has several lists of clips; give the path of one: '
                       f'{listed(chosen)}')
    return _listed(chosen[0], corpus) if chosen else None


def _class_folders(folder: Path, audio: list[Path], corpus: Optional[str]) -> Optional[Listing]:
    words = {path: [as_word(name) for name in path.relative_to(folder).parts[:-1]]
             for path in audio}
    # Counted from the folder given: 0 for emotion/clip, 1 for speaker/emotion/clip.
    depths = Counter(depth for names in words.values()
                     for depth, name in enumerate(names) if name in COMMON)
    if not depths:
        return None
    depth = depths.most_common(1)[0][0]
    recordings, skipped = [], []
    for path, names in words.items():
        if len(names) > depth:
            recordings.append(Recording(path, names[depth]))
        else:
            skipped.append((path, NO_EMOTION))
    return Listing(corpus or GENERIC, folder, 'a folder for each emotion', recordings, skipped)
