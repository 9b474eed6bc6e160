# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speakers from the names of the files, where neither a list nor a known naming says them.

A name falls into parts: letters with the digits that follow them, or digits alone. So
``dis-f1-b12`` has the parts ``dis``, ``f1`` and ``b12``, and ``F01A07`` has ``F01`` and ``A07``.
Where the digits only count the clips, as in ``kim0012``, the letters alone may be the speaker.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ser_ros.corpora.recording import Listing, Recording
from ser_ros.errors import SerError, listed

AUTO = 'auto'
NONE = 'none'
PART = re.compile(r'[^\W\d_]+\d*|\d+')
# Numbered words that mean a speaker; letters for the sex do where both sexes are there.
NUMBERED = re.compile(r'(spk|speaker|actor|subject|subj|talker)\d*', re.IGNORECASE)
BY_SEX = re.compile(r'(s?[fm]|(fe)?male|(wo)?man)\d+', re.IGNORECASE)
MIN_SPEAKERS = 3  # Two values may as well be a sex, an intensity or a repetition.
# A speaker says several clips of an emotion, and in the mean this share of the emotions at least.
# Codes of the emotion itself occur with one emotion each, which of two would be a large share.
MIN_CLIPS = 3
MIN_SHARE = 0.4
MIN_EMOTIONS = 1.5
NAMED = 3  # in a message


@dataclass(frozen=True)
class Part:
    """One part of the file names that may be the speaker.

    Attributes:
        number: its place in the names, from 1.
        values: what it is in each file.
        last: whether it is the last part of every name.
        letters: whether the values are its letters alone.
    """

    number: int
    values: tuple[str, ...]
    last: bool
    letters: bool = False

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return f'{"the letters of " * self.letters}part {self.number} of the file names'

    @property
    def distinct(self) -> list[str]:
        """The values, each once, in order."""
        return sorted(set(self.values))

    @property
    def marked(self) -> bool:
        """Whether the values by themselves look like speakers, as ``spk1`` or ``f1`` and ``m1``."""
        if all(NUMBERED.fullmatch(value) for value in self.distinct):
            return True
        by_sex = [BY_SEX.fullmatch(value) for value in self.distinct]
        return all(by_sex) and len({value.lower().lstrip('s')[0] for value in self.distinct}) > 1

    @property
    def counter(self) -> bool:
        """Whether it is the number at the end of the names: of a sentence, a take or a file."""
        return self.last and all(value.isdigit() for value in self.distinct)

    def __str__(self) -> str:
        return f'{self.name} ({_some(self.distinct)})'


def find_speakers(listing: Listing, choice: str = AUTO) -> Listing:
    """Return the listing with its speakers, and in ``speakers`` where these come from.

    Args:
        listing: clips of a corpus.
        choice: AUTO takes the speakers of the corpus; where it has none, the part of the file
            names that can only be the speaker. NONE takes the file names for nothing. The number
            of a part, or a regular expression for the path below the corpus's folder without its
            ending, takes that for the speaker; of an expression with a group, the first group.

    Raises:
        SerError: for a wrong number or expression, or if a path does not match it.
    """
    recordings = listing.recordings
    if choice not in (AUTO, NONE):
        return _with(listing, _chosen(listing, choice), _origin(choice))
    if any(entry.speaker for entry in recordings):
        return _with(listing, [entry.speaker for entry in recordings], listing.layout)
    if choice == NONE:
        return replace(listing, speakers='unknown, as --speaker-from none asks')
    parts = candidates(recordings)
    found = _only(parts)
    if found is not None:
        return _with(listing, found.values, found.name)
    if parts:
        return replace(listing, speakers=f'unknown; they may be {" or ".join(map(str, parts))}: '
                       'choose with --speaker-from')
    return replace(listing, speakers='unknown; no part of the file names looks like the speaker; '
                   'name one with --speaker-from')


def candidates(recordings: Sequence[Recording]) -> list[Part]:
    """Return the parts of the file names that may be the speaker, in their order."""
    names = [_parts(entry.path) for entry in recordings]
    labels = [entry.label for entry in recordings]
    common = min(map(len, names), default=0)
    found = []
    for index in range(common):
        whole = Part(index + 1, tuple(name[index] for name in names),
                     all(len(name) == index + 1 for name in names))
        letters = replace(
            whole, values=tuple(value.rstrip('0123456789') for value in whole.values), letters=True)
        found += [part for part in (whole, letters)
                  if all(part.values) and _may_be_speaker(part.values, labels)][:1]
    return found


def _parts(path: Path) -> list[str]:
    return PART.findall(unicodedata.normalize('NFC', path.stem))


def _may_be_speaker(values: Sequence[str], labels: Sequence[str]) -> bool:
    """Return whether there are several values, each with several clips of many emotions."""
    emotions = len(set(labels))
    cells = Counter(zip(values, labels, strict=True))
    of_value = defaultdict(list)
    for (value, _), clips in cells.items():
        of_value[value].append(clips)
    if len(of_value) < 2 or emotions < 2:
        return False
    mean_emotions = sum(map(len, of_value.values())) / len(of_value)
    median_clips = sorted(cells.values())[len(cells) // 2]
    return (mean_emotions >= max(MIN_EMOTIONS, MIN_SHARE * emotions)
            and median_clips >= MIN_CLIPS)


def _only(parts: Sequence[Part]) -> Part | None:
    """Return the part that can only be the speaker, or None where that is open."""
    marked = [part for part in parts if part.marked]
    if len(marked) == 1:
        return marked[0]
    rules: list[Callable[[Part], bool]] = [
        lambda part: len(part.distinct) >= MIN_SPEAKERS, lambda part: not part.counter]
    left = list(parts)
    for rule in rules:
        if len(left) > 1:
            left = [part for part in left if rule(part)]
    return left[0] if len(left) == 1 and len(left[0].distinct) >= MIN_SPEAKERS else None


def _chosen(listing: Listing, choice: str) -> list[str]:
    if choice.isdigit():
        return [_part(entry.path, int(choice)) for entry in listing.recordings]
    try:
        pattern = re.compile(choice)
    except re.error as error:
        raise SerError(f'--speaker-from {choice!r} is not a regular expression: {error}') from error
    return [_match(pattern, listing.folder, entry.path) for entry in listing.recordings]


def _part(path: Path, number: int) -> str:
    parts = _parts(path)
    if not 1 <= number <= len(parts):
        raise SerError(f'--speaker-from {number}: {path} has the parts {listed(parts)}; '
                       f'allowed: 1 to {len(parts)}, or a regular expression')
    return parts[number - 1]


def _match(pattern: re.Pattern, folder: Path, path: Path) -> str:
    name = path.relative_to(folder) if folder in path.parents else path
    match = pattern.search(unicodedata.normalize('NFC', name.with_suffix('').as_posix()))
    found = match and match.group(1 if pattern.groups else 0)
    if not found:
        raise SerError(f'--speaker-from {pattern.pattern!r} does not match {name}; the expression '
                       'must find the speaker in every path')
    return found


def _origin(choice: str) -> str:
    return f'part {choice} of the file names' if choice.isdigit() else f'the expression {choice}'


def _with(listing: Listing, names: Sequence[str], origin: str) -> Listing:
    recordings = [replace(entry, speaker=name)
                  for entry, name in zip(listing.recordings, names, strict=True)]
    return replace(listing, recordings=recordings,
                   speakers=f'{_some(sorted(set(names) - {""}))} (from {origin})')


def _some(names: Sequence[str]) -> str:
    more = ', ...' if len(names) > NAMED else ''
    return f'{len(names)}: {listed(names[:NAMED])}{more}'
