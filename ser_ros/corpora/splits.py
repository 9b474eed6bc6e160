# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A file that names the speakers and the sentences of each part, for `corpora:`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

import yaml

from ser_ros.corpora.recording import Listing
from ser_ros.corpora.sentences import labels_of
from ser_ros.corpora.sexes import sex_of
from ser_ros.corpora.shares import PARTS, deal, parse_shares
from ser_ros.errors import SerError


@dataclass(frozen=True)
class Split:
    """The parts of one corpus.

    Attributes:
        listing: its clips.
        speakers: names by part.
        sentences: ids by part; None where the parts hold all sentences.
    """

    listing: Listing
    speakers: dict[str, list[str]]
    sentences: Optional[dict[str, list[str]]]

    def values(self) -> dict[str, Any]:
        """Return the parts as the file holds them; a part without speakers is left out."""
        values: dict[str, Any] = {part: names for part, names in self.speakers.items() if names}
        if self.sentences is not None:
            values['sentences'] = {part: ids for part, ids in self.sentences.items() if ids}
        return values

    def counts(self) -> dict[str, int]:
        """Return the number of clips in each part, and of those that are 'unused'."""
        part_of_speaker = _turned(self.speakers)
        part_of_sentence = _turned(self.sentences or {})
        counts = Counter(
            part if self.sentences is None or part == part_of_sentence.get(recording.sentence)
            else 'unused' for recording in self.listing.recordings
            for part in [part_of_speaker[recording.speaker]])
        return {name: counts[name] for name in (*PARTS, 'unused')}


def split(listing: Listing, speakers: str, sentences: Optional[str], seed: int) -> Split:
    """Deal out the speakers of a corpus, balanced over the sexes, and its sentences, over labels.

    Args:
        listing: its clips.
        speakers: shares of train, validation and test, such as '60/20/20'.
        sentences: the same for sentences; None to leave them together.
        seed: what is drawn by.

    Raises:
        SerError: if a clip has no speaker or no sentence, or there are too few of them.
    """
    sexes = {recording.speaker: recording.sex or sex_of(listing.corpus, recording.speaker)
             for recording in listing.recordings}
    if '' in sexes or not sexes:
        raise SerError(f'{listing.folder}: the speakers of clips are not known; add a column '
                       '`speaker` to the list of the clips')
    labels = labels_of(listing.recordings)
    if sentences is not None and not all(entry.sentence for entry in listing.recordings):
        raise SerError(f'{listing.folder}: the sentences of clips are not known; add a column '
                       '`sentence` to the list of the clips, or leave out --sentences')
    made = Split(listing, _deal(listing, 'speakers', sexes, speakers, seed),
                 None if sentences is None
                 else _deal(listing, 'sentences', labels, sentences, seed))
    if made.sentences is not None:
        for part in PARTS:
            if bool(made.speakers[part]) != bool(made.sentences[part]):
                raise SerError(f'--speakers {speakers} and --sentences {sentences} differ in '
                               f'{part}; allowed: a share of both, or of neither')
    return made


def to_yaml(splits: Sequence[Split], note: str) -> str:
    """Return the text of the file.

    Args:
        splits: of corpora whose folders have different names.
        note: a line of comment at its beginning.
    """
    values = {part.listing.folder.name: part.values() for part in splits}
    return f'# {note}\n' + yaml.safe_dump(
        values, sort_keys=False, default_flow_style=None, allow_unicode=True, width=100)


def _deal(listing: Listing, what: str, kinds: dict[str, str], shares: str,
          seed: int) -> dict[str, list[str]]:
    try:
        return deal(kinds, parse_shares(shares), seed)
    except SerError as error:
        raise SerError(f'{listing.folder}: {what}: {error}') from error


def _turned(parts: dict[str, list[str]]) -> dict[str, str]:
    return {name: part for part, names in parts.items() for name in names}
